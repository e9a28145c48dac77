// SPDX-License-Identifier: GPL-3.0-or-later
// Every family against transformers: logits, greedy text with a cache and without, loss and gradients of named weights,
// on the checkpoints of tests/reference/families. The table of families decides what must be there.
#include "core/base/json.h"
#include "core/nn/families/families.h"
#include "core/objectives/token_log_probs.h"
#include "core/weights/load.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <set>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot = fs::path(LUTHIER_SOURCE_DIR) / "tests/reference/families";

std::vector<std::string> variants()
{
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(kRoot)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::shared_ptr<nn::Decoder> open(const std::string& variant)
{
    const auto folder = weights::ModelFolder::open(kRoot / variant);
    if (!folder) {
        qFatal("%s", folder.message().c_str());
    }
    const auto decoder = weights::loadDecoder(*folder, at::kCPU, at::kFloat);
    if (!decoder) {
        qFatal("%s", decoder.message().c_str());
    }
    return *decoder;
}

at::Tensor tensorOf(const Json& rows)
{
    if (!rows.front().is_array()) {
        return at::tensor(rows.get<std::vector<double>>()).to(at::kFloat);
    }
    std::vector<at::Tensor> parts;
    for (const Json& row : rows) {
        parts.push_back(tensorOf(row));
    }
    return at::stack(parts);
}

at::Tensor idsOf(const Json& list)
{
    return at::tensor(list.get<std::vector<std::int64_t>>(), at::kLong).unsqueeze(0);
}

double apart(const at::Tensor& left, const at::Tensor& right)
{
    return (left - right).abs().max().item<double>();
}

// The frequencies of these change with the length of the text, so keys that were cached keep older ones.
bool isByLength(const nn::Decoder& decoder)
{
    return decoder.config().rope.type == "dynamic" || decoder.config().rope.type == "longrope";
}

std::vector<std::int64_t> greedy(nn::Decoder& decoder, at::Tensor ids, std::size_t count, bool cached)
{
    const c10::NoGradGuard noGrad;
    auto cache = decoder.makeCache(1, ids.size(1) + static_cast<std::int64_t>(count));
    std::vector<std::int64_t> tokens;
    at::Tensor fresh = ids;
    while (tokens.size() < count) {
        const at::Tensor hidden = decoder.hidden({cached ? fresh : ids, {}, cached ? &cache : nullptr});
        fresh = decoder.logits(hidden.narrow(1, hidden.size(1) - 1, 1)).argmax(-1);
        tokens.push_back(fresh.item<std::int64_t>());
        ids = at::cat({ids, fresh}, 1);
    }
    return tokens;
}

// Gradients of the merged leaves under the stored names.
std::map<std::string, at::Tensor> gradients(nn::Decoder& decoder)
{
    for (const auto& leaf : decoder.baseLeaves()) {
        const c10::NoGradGuard noGrad;
        leaf.tensor.copy_(leaf.tensor.grad().defined() ? leaf.tensor.grad() : at::zeros_like(leaf.tensor));
    }
    std::map<std::string, at::Tensor> named;
    for (const auto& tensor : decoder.tensors()) {
        named[tensor.name] = tensor.tensor.clone();
    }
    return named;
}

} // namespace

class FamiliesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyFamilyIsHere()
    {
        std::set<std::string> seen{"llama", "gemma3"}; // llama has checkpoints of its own; gemma3 wraps gemma3_text
        for (const auto& variant : variants()) {
            seen.insert(nn::readDecoderConfig(kRoot / variant)->family);
        }
        for (const auto& family : nn::families()) {
            QVERIFY2(seen.contains(family.modelType), family.modelType);
        }
    }

    void asTransformers_data()
    {
        QTest::addColumn<QString>("variant");
        for (const auto& variant : variants()) {
            QTest::newRow(variant.c_str()) << QString::fromStdString(variant);
        }
    }

    void asTransformers()
    {
        QFETCH(QString, variant);
        const auto decoder = open(variant.toStdString());
        const Json expected = *base::readJson(kRoot / variant.toStdString() / "expected.json");
        const at::Tensor ids = idsOf(expected["ids"]);
        decoder->setBaseTrainable(true);
        const at::Tensor hidden = decoder->hidden({ids, {}, nullptr}).squeeze(0);
        const at::Tensor logits = decoder->logits(hidden.detach());
        const at::Tensor positions = idsOf(expected["positions"]).squeeze(0);
        const double difference = apart(logits.index_select(0, positions), tensorOf(expected["logits"]));
        QVERIFY2(difference <= 1e-4, std::to_string(difference).c_str());

        const auto wanted = expected["greedy"].get<std::vector<std::int64_t>>();
        QCOMPARE(greedy(*decoder, ids, wanted.size(), true), wanted);
        if (!isByLength(*decoder)) {
            QCOMPARE(greedy(*decoder, ids, wanted.size(), false), wanted);
        }

        const std::int64_t rows = ids.size(1) - 1;
        const at::Tensor loss = objectives::tokenLossSum(hidden.narrow(0, 0, rows), decoder->head(),
                                                         ids.squeeze(0).narrow(0, 1, rows), {},
                                                         {.softcap = decoder->config().logitSoftcap})
                                / static_cast<double>(rows);
        QVERIFY(std::abs(loss.item<double>() - expected["loss"].get<double>()) <= 1e-4);
        loss.backward();
        const auto named = gradients(*decoder);
        for (const auto& [name, values] : expected["gradients"].items()) {
            QVERIFY2(named.contains(name), name.c_str());
            const double off = apart(named.at(name), tensorOf(values));
            QVERIFY2(off <= 1e-4, (name + ": " + std::to_string(off)).c_str());
        }
    }

    void savedOpensAgain_data() { asTransformers_data(); }
    void savedOpensAgain()
    {
        QFETCH(QString, variant);
        const auto decoder = open(variant.toStdString());
        QTemporaryDir target;
        const fs::path out = fs::path(target.path().toStdString()) / "model";
        const auto saved = weights::saveModelFolder(*decoder, kRoot / variant.toStdString(), out, at::kFloat);
        QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
        const auto folder = weights::ModelFolder::open(out);
        QVERIFY2(folder.ok(), folder.ok() ? "" : folder.message().c_str());
        const auto again = weights::loadDecoder(*folder, at::kCPU, at::kFloat);
        QVERIFY2(again.ok(), again.ok() ? "" : again.message().c_str());
        const auto left = decoder->tensors();
        const auto right = (*again)->tensors();
        for (std::size_t i = 0; i < left.size(); ++i) {
            QVERIFY2(at::equal(left[i].tensor, right[i].tensor), left[i].name.c_str());
        }
    }
};

QTEST_APPLESS_MAIN(FamiliesTest)
#include "tst_families.moc"
