// SPDX-License-Identifier: GPL-3.0-or-later
// Proof: two questions about a written file. Whether it is what was meant: every number is the one that was to be written
// (weights/stored_numbers.h), and the file, opened by its own settings, computes on the same texts what the live model
// computes with these numbers. And what its type costs: how far that is from the live model before rounding. The first
// fails or holds; the second is a figure, and a warning where it is larger than usual. Torch-free.
//
// What is compared is the log-probability of each next token and the token that comes first. Usual costs by type; they are
// about three times what the bundled model of 7 million weights shows, and a model with wide or random weights feels more:
//   type      largest  mean    greedy agreement
//   f32       0.01     0.001   0.99               what a file may differ from its own numbers, too
//   f16       0.1      0.01    0.98
//   bf16      0.5      0.06    0.95
//   q8_0      1.0      0.12    0.93
//   q6_k      2.0      0.3     0.88
//   q4_k_m    5.0      0.8     0.75
//   q4_0      6.0      1.0     0.7
// A model that judges has no next tokens: what is compared is what it is for, the score of each whole text, and the order that scores bring
// two texts in (of a classifier the label that comes first). Usual costs are shares of how far the scores of different texts lie apart:
//   type      largest  mean    agreement
//   f32       0.001    0.0001  0.99
//   f16       0.01     0.002   0.98
//   bf16      0.1      0.02    0.95
//
// Threads: readTexts blocks the calling thread and needs the decoder for itself; the others may be called from any.
#pragma once

#include "core/base/cancel.h"
#include "core/publish/proof_texts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::nn {
class Decoder;
}

namespace luthier::publish {

struct Difference {
    std::int64_t tokens = 0;     // compared
    double largest = 0;          // of |ln p - ln p'| of the next token, nats
    double mean = 0;
    double greedyAgreement = 1;  // share of places where both put the same token first
    std::int64_t scores = 0;     // texts whose scores were compared, of a model that judges: then differences are of scores, and the agreement
                                 // is that of pairs of texts which both have in one order, or of texts with the same label first
    double spread = 0;           // of a model that judges: standard deviation of its scores over the texts
};

struct Limits {
    double largest = 0;
    double mean = 0;
    double greedyAgreement = 1;
};
Limits limitsOf(std::string_view type); // "f32", "bf16", "q4_k_m", ...
Limits limitsOf(std::string_view type, const Difference& difference); // of a model that judges as its scores spread

struct Proof {
    std::string texts;           // what was read
    std::int64_t rows = 0;
    Difference difference;       // from the live model: what the type costs
    Limits limits;               // what that usually costs at most
    Difference file;             // of the file from its own numbers in the live model

    bool holds() const;          // the file is what was meant
    bool isUsual() const;        // its cost is within the limits
    std::string sentence() const; // numbers, and what is wrong with them
};

// What a decoder says on the texts.
struct Reading {
    std::vector<std::vector<float>> logProbs;      // of ids[1..]; of a model that judges the scores of the text
    std::vector<std::vector<std::int32_t>> greedy; // most likely id at each place before the last; of a model that judges the label that comes first
    bool isJudged = false;
    std::int64_t tokens = 0; // read
};

// Errors: an id the model lacks, "cancelled". May throw what torch throws.
Result<Reading> readTexts(nn::Decoder& decoder, const ProofTexts& texts, const base::CancelToken& cancel);
Difference differenceOf(const Reading& live, const Reading& written);

} // namespace luthier::publish
