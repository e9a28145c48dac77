// SPDX-License-Identifier: GPL-3.0-or-later
// Combining LoRA adapters beside PEFT's add_weighted_adapter (tests/reference/make_combine.py), and the weighted sum of
// updates beside adapters that really add up.
#include "core/base/json.h"
#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/combine.h"
#include "core/peft/folders/lora_folder.h"
#include "core/weights/load.h"
#include "tests/core/reference_models.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;
namespace fs = std::filesystem;
using support::kReference;
using support::need;
using support::largest;
using support::logitsOf;

namespace {

constexpr double kTolerance = 1e-4;

std::shared_ptr<nn::Decoder> plainBase()
{
    return support::decoderOf(kReference / "llama/plain");
}

std::shared_ptr<nn::Decoder> withBoth(double first, double second)
{
    auto decoder = plainBase();
    for (const auto& [name, weight] : {std::pair("first", first), std::pair("second", second)}) {
        if (auto good = peft::attachAdapter(*decoder, kReference / "combine" / name, weight); !good) {
            qFatal("%s", good.message().c_str());
        }
    }
    return decoder;
}

const std::vector<std::int64_t> kIds = {1, 17, 42, 5, 60, 33, 8, 21};

} // namespace

class TestCombine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void asPeft()
    {
        const Json expected = need(base::readJson(kReference / "combine_expected.json"));
        const auto probe = expected.at("probe").get<std::vector<std::int64_t>>();
        for (const Json& row : expected.at("rows")) {
            auto decoder = withBoth(row.at("weights")[0].get<double>(), row.at("weights")[1].get<double>());
            need(peft::combineAdapters(*decoder, row.at("how").get<std::string>(), row.at("rank").get<std::int64_t>()));
            const at::Tensor logits = logitsOf(*decoder, probe);
            const auto rows = static_cast<std::int64_t>(row.at("logits").size());
            for (std::int64_t i = 0; i < rows; ++i) {
                const auto wanted = row.at("logits")[static_cast<std::size_t>(i)].get<std::vector<float>>();
                const double difference = largest(logits[logits.size(0) - rows + i] - at::tensor(wanted));
                QVERIFY2(difference <= kTolerance, (row.at("how").get<std::string>() + ": " + std::to_string(difference)).c_str());
            }
        }
    }

    void exactRowsAreTheWeightedSum()
    {
        int exact = 0;
        for (const peft::Combination& how : peft::combinations()) {
            auto decoder = withBoth(0.7, -0.4);
            const at::Tensor live = logitsOf(*decoder, kIds);
            need(peft::combineAdapters(*decoder, how.id));
            const double difference = largest(logitsOf(*decoder, kIds) - live);
            // One that is no weighted sum must differ, or the word "exact" says nothing.
            QVERIFY2(how.isExact ? difference <= kTolerance : difference > 10 * kTolerance, how.id);
            exact += how.isExact;
        }
        QCOMPARE(exact, 2);
    }

    void sumNeedsTheSmallestRank()
    {
        auto cat = withBoth(1, 1);
        auto sum = withBoth(1, 1);
        QCOMPARE(need(peft::combineAdapters(*cat, "cat")), 6);
        QCOMPARE(need(peft::combineAdapters(*sum, "sum")), 6);
        // The same adapter twice has no more directions than once.
        auto twice = plainBase();
        for (int i = 0; i < 2; ++i) {
            QVERIFY(peft::attachAdapter(*twice, kReference / "combine/first", 0.5).ok());
        }
        QCOMPARE(need(peft::combineAdapters(*twice, "sum")), 3);
        auto once = plainBase();
        QVERIFY(peft::attachAdapter(*once, kReference / "combine/first").ok());
        QVERIFY(largest(logitsOf(*twice, kIds) - logitsOf(*once, kIds)) <= kTolerance);
    }

    void savedAndOpenedAgain()
    {
        QTemporaryDir folder;
        const fs::path target = fs::path(folder.path().toStdString()) / "both";
        auto decoder = withBoth(0.7, 0.3);
        const auto rank = need(peft::combineAdapters(*decoder, "sum"));
        peft::LoraFolderInfo info;
        info.rank = rank;
        info.alpha = static_cast<double>(rank);
        QVERIFY(peft::saveLoraFolder(*decoder, target, info).ok());
        auto again = plainBase();
        QVERIFY(peft::attachAdapter(*again, target).ok());
        QVERIFY(largest(logitsOf(*again, kIds) - logitsOf(*decoder, kIds)) <= kTolerance);
    }

    void refusals()
    {
        QVERIFY(QString::fromStdString(peft::combineAdapters(*plainBase(), "sum").message()).contains("no LoRA adapter"));
        QVERIFY(QString::fromStdString(peft::combineAdapters(*withBoth(1, 1), "mean").message()).contains("sum, cat, svd, linear"));
        auto uneven = withBoth(1, 1);
        uneven->groups().front()->adapters.front().a = uneven->groups().front()->adapters.front().a.narrow(0, 0, 2);
        QVERIFY(QString::fromStdString(peft::combineAdapters(*uneven, "linear").message()).contains("from 2 to 3"));
        auto dora = plainBase();
        QVERIFY(peft::attachAdapter(*dora, kReference / "methods/dora").ok());
        QVERIFY(QString::fromStdString(peft::combineAdapters(*dora, "sum").message()).contains("only plain LoRA"));
    }
};

QTEST_APPLESS_MAIN(TestCombine)
#include "tst_combine.moc"
