// SPDX-License-Identifier: GPL-3.0-or-later
// Base and tuned in one batch: what each of them answers by itself, on a checkpoint of every family; and what cannot be switched off row
// by row is answered one kind after the other.
#include "core/inference/batch_generate.h"
#include "core/nn/adapter_set.h"
#include "tests/core/batch_answers.h"
#include "tests/core/letters.h"
#include "tests/core/reference_models.h"
#include "tests/support/need.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <functional>

using namespace luthier;
using inference::BatchOptions;
using inference::BatchRequest;
using inference::Generation;
using support::answer;
using support::need;
using support::together;

namespace {

// A family's checkpoint with a low-rank update of every projection, large enough to be heard.
std::shared_ptr<nn::Decoder> tuned(const std::string& name)
{
    auto decoder = support::decoderOf(support::kFamilies / name);
    at::manual_seed(4);
    for (nn::LinearGroup* group : decoder->groups()) {
        for (std::size_t i = 0; i < group->slices.size(); ++i) {
            group->adapters.push_back({i, at::randn({3, group->inputs()}) * 0.2, at::randn({group->slices[i].size, 3}) * 0.2, 1.5, 0});
        }
    }
    return decoder;
}

// Pairs of one prompt, in turn the base's and the adapters', among some that the base alone is asked.
std::vector<BatchRequest> requests()
{
    std::vector<BatchRequest> all;
    for (int i = 0; i < 21; ++i) {
        BatchRequest request;
        const int prompt = i / 2;
        request.promptIds = support::tokensOf(1 + prompt * 11 % 31, prompt); // one of a single token, too
        request.sampling.maxNew = 6 + prompt * 5 % 9;
        request.sampling.temperature = prompt % 3 == 1 ? 0.9 : 0;
        request.sampling.seed = 100 + prompt;
        request.baseOnly = i % 2 == 0 || prompt == 7;
        all.push_back(std::move(request));
    }
    return all;
}

// Each by itself, in a pass of its own.
std::vector<Generation> apart(nn::Decoder& decoder, const std::vector<BatchRequest>& asked)
{
    std::vector<Generation> all;
    for (BatchRequest request : asked) {
        const bool useAdapters = !request.baseOnly;
        request.baseOnly = false;
        all.push_back(answer(decoder, {request}, together(1, useAdapters)).front());
    }
    return all;
}

std::size_t compare(const std::vector<Generation>& got, const std::vector<Generation>& wanted)
{
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        bool isEqual = got[i].ids == wanted[i].ids && got[i].finish == wanted[i].finish && got[i].logProbs.size() == wanted[i].logProbs.size();
        for (std::size_t k = 0; isEqual && k < wanted[i].logProbs.size(); ++k) {
            isEqual = std::abs(got[i].logProbs[k] - wanted[i].logProbs[k]) < 1e-4; // sums are rounded in another order
        }
        wrong += isEqual ? 0 : 1;
    }
    return wrong;
}

} // namespace

class MixedBatchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void answersAreThoseOfTwoPasses_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string& name : support::familyNames()) {
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
        }
    }
    void answersAreThoseOfTwoPasses()
    {
        QFETCH(QString, name);
        const auto decoder = tuned(name.toStdString());
        QVERIFY(inference::mixesBase(*decoder));
        const auto asked = requests();
        const auto wanted = apart(*decoder, asked);
        std::size_t differing = 0;
        for (std::size_t i = 1; i < asked.size(); i += 2) {
            differing += std::abs(wanted[i].logProbs[0] - wanted[i - 1].logProbs[0]) > 1e-2 || wanted[i].ids != wanted[i - 1].ids ? 1 : 0;
        }
        QVERIFY2(differing >= 6, std::to_string(differing).c_str()); // base and tuned are not the same
        for (const std::int64_t rows : {21, 4, 1}) {
            QCOMPARE(compare(answer(*decoder, asked, together(rows)), wanted), std::size_t{0});
        }
        // The base's alone, and all of them without the adapters.
        auto ofBase = asked;
        std::erase_if(ofBase, [](const BatchRequest& request) { return !request.baseOnly; });
        QCOMPARE(compare(answer(*decoder, ofBase, together(8)), apart(*decoder, ofBase)), std::size_t{0});
    }

    // In one pass of a few rows the base's hidden states are those of a pass without adapters, to the bit.
    void baseRowsAreUntouched()
    {
        const c10::NoGradGuard noGrad;
        const auto decoder = tuned("llama_dynamic");
        at::manual_seed(9);
        nn::ForwardInput input;
        input.ids = at::randint(50, {4, 12}, at::kLong);
        const at::Tensor all = decoder->hidden(input);
        input.pass.adapters = nn::noAdapters();
        const at::Tensor none = decoder->hidden(input);
        input.pass = {};
        const at::Tensor isBase = at::tensor(std::vector<std::int64_t>{0, 1, 1, 0}).to(at::kBool);
        input.pass.baseOnly = isBase.repeat_interleave(12);
        const at::Tensor mixed = decoder->hidden(input);
        QVERIFY(at::equal(mixed.index({isBase}), none.index({isBase})));
        QVERIFY(at::equal(mixed.index({isBase.logical_not()}), all.index({isBase.logical_not()})));
        QVERIFY((all - none).abs().max().item<double>() > 0.1);
        // An update that has gone wrong spoils its own rows alone.
        for (nn::LinearGroup* group : decoder->groups()) {
            group->adapters.front().a.fill_(std::nan(""));
        }
        const at::Tensor broken = decoder->hidden(input);
        QVERIFY(at::equal(broken.index({isBase}), none.index({isBase})));
        QVERIFY(broken.index({isBase.logical_not()}).isnan().all().item<bool>());
    }

    void oneKindAfterTheOther_data()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("a factor, as IA3's") << 0;
        QTest::newRow("a magnitude, as DoRA's") << 1;
        QTest::newRow("a prompt of virtual tokens") << 2;
        QTest::newRow("a copy of the last norm") << 3;
        QTest::newRow("a bias of B") << 4;
        QTest::newRow("rows of the embedding") << 5;
    }
    void oneKindAfterTheOther()
    {
        QFETCH(int, kind);
        const auto decoder = tuned("llama_dynamic");
        nn::LinearGroup& qkv = *decoder->groups().front();
        const std::int64_t hidden = decoder->config().hidden;
        switch (kind) {
        case 0: qkv.factors.push_back({1, at::full({qkv.slices[1].size}, 1.7)}); break;
        case 1: qkv.adapters.front().magnitude = at::rand({qkv.slices[0].size}) + 0.5; break;
        case 2: decoder->extras().prompt = at::randn({5, hidden}); break;
        case 3: need(decoder->replace("model.norm.weight")).mul_(-1.5); break;
        case 4: qkv.adapters.front().bias = at::randn({qkv.slices[0].size}); break;
        default:
            decoder->extras().embedding.tokens = at::tensor(std::vector<std::int64_t>{3, 7, 12});
            decoder->extras().embedding.rows = at::randn({3, hidden});
            decoder->extras().embedding.places = nn::placesOf(decoder->extras().embedding.tokens, decoder->config().vocab);
        }
        QVERIFY(!inference::mixesBase(*decoder));
        const auto asked = requests();
        const auto wanted = apart(*decoder, asked);
        BatchOptions options = together(21);
        std::vector<std::size_t> told;
        options.onAnswer = [&](std::size_t request, const Generation& said) {
            told.push_back(request);
            QCOMPARE(said.promptIds, asked[request].promptIds);
        };
        QCOMPARE(compare(answer(*decoder, asked, options), wanted), std::size_t{0});
        QCOMPARE(told.size(), asked.size());
        const auto firstOfBase = std::find_if(told.begin(), told.end(), [&](std::size_t request) { return asked[request].baseOnly; });
        QVERIFY(std::all_of(firstOfBase, told.end(), [&](std::size_t request) { return asked[request].baseOnly; }));
    }

    void wrongRequestsAreNamed()
    {
        for (const bool canMix : {true, false}) {
            const auto decoder = tuned("llama_dynamic");
            if (!canMix) {
                decoder->groups().front()->factors.push_back({1, at::ones({decoder->groups().front()->slices[1].size})});
            }
            auto asked = requests();
            asked[6].promptIds = {1, 64};
            int answered = 0;
            BatchOptions options = together(4);
            options.onAnswer = [&](std::size_t, const Generation&) { ++answered; };
            const auto got = inference::generateAll(*decoder, support::letters(), asked, {}, options);
            QVERIFY(!got.ok());
            QVERIFY2(got.message().starts_with("request 7: Token 64"), got.message().c_str());
            QCOMPARE(answered, 0);
        }
    }
};

QTEST_GUILESS_MAIN(MixedBatchTest)
#include "tst_mixed_batch.moc"
