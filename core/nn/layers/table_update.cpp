// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/layers/table_update.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/where.h>

namespace luthier::nn {

at::Tensor embeddedBy(const TableUpdate& update, const at::Tensor& table, const at::Tensor& ids)
{
    at::Tensor h = at::embedding(table, ids);
    if (update.a.defined()) {
        const at::Tensor low = at::embedding(update.a.t(), ids);
        h = h + (low.matmul(update.b.t()) * update.scale).to(h.scalar_type());
    }
    if (update.rows.defined()) {
        const at::Tensor places = update.places.index_select(0, ids);
        const at::Tensor own = at::embedding(update.rows, places.clamp_min(0)).to(h.scalar_type());
        h = at::where((places >= 0).unsqueeze(1), own, h);
    }
    return h;
}

at::Tensor tableNow(const TableUpdate& update, const at::Tensor& table)
{
    at::Tensor now = table;
    if (update.a.defined()) {
        const at::Tensor more = update.b.matmul(update.a) * update.scale;
        now = now + (update.isHead ? more : more.t()).to(now.scalar_type());
    }
    if (update.rows.defined()) {
        now = at::index_copy(now, 0, update.tokens, update.rows.to(now.scalar_type()));
    }
    return now;
}

at::Tensor withUpdate(const TableUpdate& update, const at::Tensor& table, const at::Tensor& logits, const at::Tensor& hidden)
{
    at::Tensor now = logits;
    if (update.a.defined()) {
        const at::Tensor low = hidden.to(update.a.scalar_type()).matmul(update.a.t());
        now = now + (low.matmul(update.b.t()) * update.scale).to(now.scalar_type());
    }
    if (update.rows.defined()) {
        // What the rows add to those of the table, so that rows that nothing moved change no digit.
        const at::Tensor moved = update.rows.to(hidden.scalar_type()) - table.index_select(0, update.tokens);
        now = at::index_add(now, -1, update.tokens, hidden.matmul(moved.t()).to(now.scalar_type()));
    }
    return now;
}

at::Tensor placesOf(const at::Tensor& tokens, std::int64_t vocab)
{
    const at::Tensor none = at::full({vocab}, -1, tokens.options());
    return at::index_copy(none, 0, tokens, at::arange(tokens.size(0), tokens.options()));
}

} // namespace luthier::nn
