// SPDX-License-Identifier: GPL-3.0-or-later
// The way of one token alone: what the layers' own operators compute, with adapters and in bfloat16, too; and the team of
// threads that walks it.
#include "core/nn/decoder.h"
#include "core/nn/kernels/dot_rows.h"
#include "core/nn/kernels/kernels.h"
#include "core/nn/row/numbers.h"
#include "core/nn/row/row_plan.h"
#include "core/nn/row/team.h"
#include "core/quant/code_tables.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <QtTest>

#include <atomic>
#include <bit>
#include <cmath>

using namespace luthier;

namespace {

nn::DecoderConfig config()
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 97;
    config.hidden = 136; // no multiple of the loops' steps
    config.intermediate = 200;
    config.layers = 2;
    config.heads = 6;
    config.kvHeads = 2;
    config.headDim = 64;
    config.rotaryDim = 64;
    config.maxPositions = 64;
    config.initializerRange = 0.1;
    config.attentionBias = true;
    config.windows = {0, 5};
    return config;
}

void addAdapters(nn::Decoder& decoder, at::ScalarType dtype)
{
    for (nn::LinearGroup* group : decoder.groups()) {
        for (std::size_t slice = 0; slice < group->slices.size(); ++slice) {
            group->adapters.push_back({slice, at::randn({3, group->inputs()}).mul_(0.1).to(dtype),
                                       at::randn({group->slices[slice].size, 3}).mul_(0.1).to(dtype), 0.7});
        }
    }
}

// Hidden states of tokens that come one by one behind a prompt of four.
at::Tensor statesOf(nn::Decoder& decoder, const at::Tensor& ids, bool fused, const nn::Pass& pass = {})
{
    nn::kernels::setFused(fused);
    auto cache = decoder.makeCache(1, ids.size(1), pass);
    const auto read = [&](std::int64_t first, std::int64_t count) {
        nn::ForwardInput input{ids.narrow(1, first, count), {}, &cache};
        input.pass = pass;
        return decoder.hidden(input);
    };
    read(0, 4);
    std::vector<at::Tensor> states;
    for (std::int64_t i = 4; i < ids.size(1); ++i) {
        states.push_back(read(i, 1).to(at::kFloat));
    }
    nn::kernels::setFused(true);
    return at::cat(states, 1);
}

double relative(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).norm().item<double>() / b.norm().item<double>();
}

} // namespace

class RowTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { nn::kernels::setFused(true); }

    void equalsTheLayers_data()
    {
        QTest::addColumn<bool>("narrow");
        QTest::addColumn<bool>("adapters");
        QTest::addColumn<double>("limit");
        QTest::newRow("fp32") << false << false << 1e-5;
        QTest::newRow("fp32, adapters") << false << true << 1e-5;
        QTest::newRow("bf16") << true << false << 2e-2; // the layers round what they hand on to 8 bits
        QTest::newRow("bf16, adapters") << true << true << 2e-2;
    }
    void equalsTheLayers()
    {
        QFETCH(bool, narrow);
        QFETCH(bool, adapters);
        QFETCH(double, limit);
        const c10::NoGradGuard noGrad;
        at::manual_seed(11);
        const auto dtype = narrow ? at::kBFloat16 : at::kFloat;
        nn::Decoder decoder(config(), at::kCPU, dtype);
        decoder.initialise(7);
        if (adapters) {
            addAdapters(decoder, at::kFloat);
        }
        const at::Tensor ids = at::randint(97, {1, 16}, at::kLong);
        const at::Tensor walked = statesOf(decoder, ids, true);
        const at::Tensor plain = statesOf(decoder, ids, false);
        const double gap = relative(walked, plain);
        QVERIFY2(gap <= limit, std::to_string(gap).c_str());
        QVERIFY2(gap > 0, "both ways are one: nothing was compared");
        if (adapters) { // and they are not left out
            const nn::Pass base{false, true, nn::noAdapters()};
            QVERIFY(relative(statesOf(decoder, ids, true, base), plain) > 10 * limit);
            QVERIFY(relative(statesOf(decoder, ids, true, base), statesOf(decoder, ids, false, base)) <= limit);
        }
    }

    // A base in 4-bit codes, read code by code, against its numbers in the layers' products.
    void readsCodes_data()
    {
        QTest::addColumn<bool>("narrow");
        QTest::addColumn<bool>("nested");
        QTest::addColumn<QString>("codes");
        QTest::addColumn<double>("limit");
        QTest::newRow("fp32, nf4") << false << true << "nf4" << 1e-5;
        QTest::newRow("fp32, fp4, plain constants") << false << false << "fp4" << 1e-5;
        QTest::newRow("bf16, nf4") << true << true << "nf4" << 2e-2;
    }
    void readsCodes()
    {
        QFETCH(bool, narrow);
        QFETCH(bool, nested);
        QFETCH(QString, codes);
        QFETCH(double, limit);
        const c10::NoGradGuard noGrad;
        at::manual_seed(12);
        nn::DecoderConfig whole = config();
        whole.hidden = 192; // rows of whole runs, an odd number of them
        whole.intermediate = 320;
        const quant::Quantisation way{quant::findCodeTable(codes.toStdString())->kind, nested};
        nn::Decoder decoder(whole, at::kCPU, narrow ? at::kBFloat16 : at::kFloat, way);
        decoder.initialise(7);
        addAdapters(decoder, at::kFloat);
        const at::Tensor ids = at::randint(97, {1, 16}, at::kLong);
        const double gap = relative(statesOf(decoder, ids, true), statesOf(decoder, ids, false));
        QVERIFY2(gap <= limit, std::to_string(gap).c_str());
        QVERIFY2(gap > 0, "both ways are one: nothing was compared");
    }

    // What the plan does not know stays with the layers.
    void leavesDoraToTheLayers()
    {
        const c10::NoGradGuard noGrad;
        nn::Decoder decoder(config(), at::kCPU, at::kFloat);
        decoder.initialise(7);
        addAdapters(decoder, at::kFloat);
        auto* group = decoder.groups().front();
        group->adapters.front().magnitude = at::ones({group->slices.front().size});
        const at::Tensor ids = at::randint(97, {1, 12}, at::kLong);
        QCOMPARE(relative(statesOf(decoder, ids, true), statesOf(decoder, ids, false)) < 1e-5, true);
    }

    void dotsEqualDouble_data()
    {
        QTest::addColumn<int>("n");
        for (const int n : {1, 31, 64, 100, 576, 2048}) {
            QTest::newRow(std::to_string(n).c_str()) << n;
        }
    }
    void dotsEqualDouble()
    {
        QFETCH(int, n);
        const at::Tensor w = at::randn({5, n});
        const at::Tensor x = at::randn({n});
        for (const auto dtype : {at::kFloat, at::kBFloat16}) {
            const at::Tensor m = w.to(dtype).contiguous();
            const at::Tensor v = x.to(dtype).contiguous();
            const at::Tensor exact = m.to(at::kDouble).mv(v.to(at::kDouble));
            std::vector<float> y(5);
            if (dtype == at::kFloat) {
                nn::kernels::dotRows(m.const_data_ptr<float>(), v.const_data_ptr<float>(), y.data(), 5, n);
            } else {
                nn::kernels::dotRowsBf16(static_cast<const std::uint16_t*>(m.const_data_ptr()),
                                         static_cast<const std::uint16_t*>(v.const_data_ptr()), y.data(), 5, n);
            }
            const double scale = std::sqrt(static_cast<double>(n));
            for (int i = 0; i < 5; ++i) {
                const double gap = std::abs(y[static_cast<std::size_t>(i)] - exact[i].item<double>());
                QVERIFY2(gap <= 2e-6 * scale, std::to_string(gap).c_str());
            }
        }
    }

    void roundsAsTorchDoes()
    {
        const at::Tensor numbers = at::cat({at::randn({1000}) * 3, at::tensor({0.0f, -0.0f, 1e-40f, 3.3895e38f, INFINITY, -INFINITY})});
        const at::Tensor expected = numbers.to(at::kBFloat16);
        std::vector<std::uint16_t> bits(static_cast<std::size_t>(numbers.numel()));
        nn::row::narrow(numbers.const_data_ptr<float>(), numbers.numel(), bits.data());
        QVERIFY(std::equal(bits.begin(), bits.end(), static_cast<const std::uint16_t*>(expected.const_data_ptr())));
        const float odd = std::bit_cast<float>(0x7f800001u); // its upper half alone reads as infinity
        std::uint16_t nan = 0;
        nn::row::narrow(&odd, 1, &nan);
        QVERIFY(std::isnan(at::from_blob(&nan, {1}, at::kBFloat16).item<float>()));
    }

    // No thread runs ahead of a meeting, over many rounds and with more threads than cores.
    void teamMeets()
    {
        nn::row::Team team(5);
        for (int call = 0; call < 50; ++call) {
            std::atomic<int> arrived{0};
            std::atomic<int> early{0};
            team.run([&](int) {
                for (int round = 1; round <= 20; ++round) {
                    arrived.fetch_add(1);
                    team.meet();
                    early += arrived.load() < round * 5 ? 1 : 0;
                    team.meet();
                }
            });
            QCOMPARE(early.load(), 0);
            QCOMPARE(arrived.load(), 100);
        }
    }
};

QTEST_APPLESS_MAIN(RowTest)
#include "tst_row.moc"
