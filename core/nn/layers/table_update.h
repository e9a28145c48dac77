// SPDX-License-Identifier: GPL-3.0-or-later
// TableUpdate: what is trained of the embedding or the head without a copy of the whole: a low-rank update of it, or the rows
// of single tokens. Autograd's own operators; nothing here drops inputs. V vocabulary, d hidden, r rank, n tokens.
// Internal to core: names torch types.
#pragma once

#include <ATen/core/Tensor.h>

namespace luthier::nn {

// Of a table W [V, d]. Of the embedding, A is [r, V] and B [d, r], and W + scale (B A)^T stands in for W; of the head, A is
// [r, d] and B [V, r], and it is W + scale B A. Rows of tokens stand in for theirs.
struct TableUpdate {
    bool isHead = false;
    at::Tensor a; // undefined: no low-rank update
    at::Tensor b;
    double scale = 1;
    at::Tensor rows;   // [n, d]; undefined: no rows of tokens
    at::Tensor tokens; // [n] int64, whose they are, on the table's device
    at::Tensor places; // [V] int64: which of the rows a token has, or -1

    bool exists() const { return a.defined() || rows.defined(); }
};

// Rows of `ids` [N] int64 in W as it is with the update, [N, d] in W's dtype.
at::Tensor embeddedBy(const TableUpdate& update, const at::Tensor& table, const at::Tensor& ids);

// W with the update, [V, d] in W's dtype: a new tensor, as large as W.
at::Tensor tableNow(const TableUpdate& update, const at::Tensor& table);

// Logits [..., V] of the head W alone, in fp32 -> those with the update. `hidden` [..., d].
at::Tensor withUpdate(const TableUpdate& update, const at::Tensor& table, const at::Tensor& logits, const at::Tensor& hidden);

// `places` of a table with so many rows.
at::Tensor placesOf(const at::Tensor& tokens, std::int64_t vocab);

} // namespace luthier::nn
