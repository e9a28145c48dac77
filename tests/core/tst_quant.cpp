// SPDX-License-Identifier: GPL-3.0-or-later
// 4-bit blocks against bitsandbytes: tables, codes, constants and numbers to the bit, in pieces and whole, on the loops and
// in plain operators; a number that is not finite; speed against copying.
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/quant/block_loops.h"
#include "core/quant/dot_codes.h"
#include "core/quant/weight_quantiser.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/randn.h>

#include <QtTest>

#include <limits>

using namespace luthier;

namespace {

const std::filesystem::path kReference = std::filesystem::path(LUTHIER_SOURCE_DIR) / "tests/reference";

std::string unhexed(const Json& text)
{
    return QByteArray::fromHex(QByteArray::fromStdString(text.get<std::string>())).toStdString();
}

template <class T>
const char* sentence(const Result<T>& result)
{
    return result ? "" : result.message().c_str();
}

std::string bytesOf(const at::Tensor& tensor)
{
    const at::Tensor flat = tensor.contiguous();
    return {static_cast<const char*>(flat.const_data_ptr()), flat.nbytes()};
}

at::Tensor floatsOf(const std::string& bytes)
{
    return at::from_blob(const_cast<char*>(bytes.data()), {static_cast<std::int64_t>(bytes.size() / 4)}, at::kFloat).clone();
}

// As make_quant.py makes it.
at::Tensor usual()
{
    const at::Tensor hashes = (at::arange(1, 96 * 192 * 4 + 1, at::kLong) * 2654435761).remainder(std::int64_t{1} << 32)
                                  .bitwise_right_shift(16).view({-1, 4});
    return (hashes.sum(1) - 131070).to(at::kFloat).div(1 << 20).view({96, 192});
}

at::Tensor weightOf(const Json& reference, const std::string& name)
{
    if (name == "usual") {
        return usual();
    }
    const Json& row = reference.at(name + " weight");
    return floatsOf(unhexed(row.at("bits"))).view(row.at("shape").get<std::vector<std::int64_t>>());
}

quant::QuantisedWeight emptyFor(const at::Tensor& weight, quant::CodeKind kind, bool nested)
{
    return quant::emptyWeight(kind, nested, weight.size(0), weight.size(1), at::kCPU);
}

at::Tensor numbersOf(const quant::QuantisedWeight& weight, at::ScalarType type)
{
    at::Tensor out = at::empty({weight.rows, weight.columns}, type);
    quant::dequantise(weight, out);
    return out;
}

} // namespace

class TestQuant : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        auto json = base::readJson(kReference / "quant.json");
        QVERIFY2(json.ok(), sentence(json));
        m_reference = *json;
    }

    void tablesAreBitsandbytes()
    {
        const auto bits = [](const auto& values) {
            return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
        };
        QCOMPARE(bits(quant::dynamicMap()), unhexed(m_reference.at("dynamic_map")));
        for (const quant::CodeTable& table : quant::codeTables()) {
            // The second zero of FP4 has a sign here as in its CUDA kernels and none in its table of numbers.
            const at::Tensor stored = floatsOf(unhexed(m_reference.at(std::string(table.id))));
            for (int code = 0; code < 16; ++code) {
                QCOMPARE(table.values[static_cast<std::size_t>(code)], stored[code].item<float>());
            }
        }
        QVERIFY(!quant::findCodeTable("nf5"));
    }

    void codesAndNumbers_data()
    {
        QTest::addColumn<QString>("row");
        for (const auto& [name, row] : m_reference.items()) {
            if (row.is_object() && row.contains("kind")) {
                QTest::newRow(name.c_str()) << QString::fromStdString(name);
            }
        }
    }

    void codesAndNumbers()
    {
        QFETCH(const QString, row);
        const Json& wanted = m_reference.at(row.toStdString());
        const at::Tensor weight = weightOf(m_reference, wanted.at("weight"));
        const quant::CodeTable* table = quant::findCodeTable(wanted.at("kind").get<std::string>());
        auto made = emptyFor(weight, table->kind, wanted.at("nested"));
        const auto done = quant::quantise(weight, made);
        QVERIFY2(done.ok(), sentence(done));

        const std::string codes = bytesOf(made.codes);
        const std::string wantedCodes = wanted.at("codes");
        QCOMPARE(wantedCodes.size() == 64 && codes.size() > 500 ? base::sha256(codes) : codes,
                 wantedCodes.size() == 64 && codes.size() > 500 ? wantedCodes : unhexed(wantedCodes));
        QCOMPARE(bytesOf(made.absmax), unhexed(wanted.at("absmax")));
        if (made.isNested()) {
            QCOMPARE(bytesOf(made.nestedAbsmax), unhexed(wanted.at("nested_absmax")));
            QCOMPARE(made.offset, floatsOf(unhexed(wanted.at("offset")))[0].item<float>());
        }
        const at::Tensor numbers = numbersOf(made, at::kFloat);
        QCOMPARE(base::sha256(bytesOf(numbers.add(0.0))), wanted.at("numbers").get<std::string>());
        QCOMPARE(base::sha256(bytesOf(numbersOf(made, at::kBFloat16).add(0.0))), wanted.at("bf16").get<std::string>());
        // fp16 takes the plain operators.
        QVERIFY(numbersOf(made, at::kHalf).equal(numbers.to(at::kHalf)));
    }

    void piecesGiveTheSame()
    {
        const at::Tensor weight = usual();
        auto whole = emptyFor(weight, quant::CodeKind::Nf4, true);
        auto cut = emptyFor(weight, quant::CodeKind::Nf4, true);
        QVERIFY(quant::quantise(weight, whole).ok());
        quant::WeightQuantiser quantiser(cut);
        const at::Tensor flat = weight.flatten();
        for (std::int64_t first = 0; first < flat.numel(); first += 640) {
            quantiser.add(flat.narrow(0, first, std::min<std::int64_t>(640, flat.numel() - first)));
        }
        QVERIFY(quantiser.finish().ok());
        QVERIFY(cut.codes.equal(whole.codes) && cut.absmax.equal(whole.absmax) && cut.nestedAbsmax.equal(whole.nestedAbsmax));
        QCOMPARE(cut.offset, whole.offset);
        // Half a byte a weight, and 0.127 bit of constants.
        QCOMPARE(cut.bytes(), 9216 + 288 + 2 * 4);
    }

    void infinityIsRefused_data()
    {
        QTest::addColumn<float>("value");
        QTest::newRow("infinity") << std::numeric_limits<float>::infinity();
        QTest::newRow("not a number") << std::numeric_limits<float>::quiet_NaN();
    }

    void infinityIsRefused()
    {
        QFETCH(const float, value);
        const at::Tensor weight = usual();
        weight[3][7].fill_(value);
        auto made = emptyFor(weight, quant::CodeKind::Nf4, true);
        const auto done = quant::quantise(weight, made);
        QVERIFY(!done.ok());
        QVERIFY(done.message().find("not finite") != std::string::npos);
    }

    void otherBlockSizesFit()
    {
        for (const std::int64_t size : {32, 128, 4096}) {
            const at::Tensor weight = at::randn({70, 64});
            auto made = emptyFor(weight, quant::CodeKind::Nf4, false);
            made.blockSize = size;
            made.absmax = at::empty({made.blocks()});
            QVERIFY(quant::quantise(weight, made).ok());
            const at::Tensor out = numbersOf(made, at::kFloat);
            QVERIFY(out.to(at::kHalf).equal(numbersOf(made, at::kHalf)));
            QVERIFY((out - weight).abs().max().item<float>() < 0.16f * weight.abs().max().item<float>());
        }
    }

    // Not a limit: the table says what this machine does.
    void speed()
    {
        const at::Tensor weight = at::randn({2048, 2048});
        auto made = emptyFor(weight, quant::CodeKind::Nf4, true);
        QElapsedTimer clock;
        clock.start();
        QVERIFY(quant::quantise(weight, made).ok());
        qInfo("quantise: %.0f M weights/s", 4.19e9 / static_cast<double>(clock.nsecsElapsed()) );
        for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
            at::Tensor out = at::empty({2048, 2048}, type);
            quant::dequantise(made, out);
            clock.restart();
            for (int i = 0; i < 5; ++i) {
                quant::dequantise(made, out);
            }
            const auto ours = static_cast<double>(clock.nsecsElapsed());
            const at::Tensor from = at::empty_like(out);
            out.copy_(from);
            clock.restart();
            for (int i = 0; i < 5; ++i) {
                out.copy_(from);
            }
            qInfo("dequantise to %s: %.1f GB/s written; copy %.1f GB/s", c10::toString(type),
                  5.0 * static_cast<double>(out.nbytes()) / ours,
                  5.0 * static_cast<double>(out.nbytes()) / static_cast<double>(clock.nsecsElapsed()));
        }
    }

    // One token's product with each set of instructions that this machine has, against double precision.
    void dotsCodes_data()
    {
        QTest::addColumn<quant::CodeLoops>("loops");
        QTest::addColumn<int>("columns");
        QTest::addColumn<int>("block");
        QTest::addColumn<bool>("nested");
        QTest::addColumn<bool>("narrow");
        const std::pair<const char*, quant::CodeLoops> all[] = {{"plain", quant::CodeLoops::Plain}, {"AVX2", quant::CodeLoops::Avx2},
                                                                {"AVX-512", quant::CodeLoops::Avx512}, {"pairs", quant::CodeLoops::Pairs}};
        for (const auto& [name, loops] : all) {
            for (const bool narrow : {false, true}) {
                const std::string row = std::string(name) + (narrow ? ", bf16" : ", fp32");
                QTest::newRow((row + ", one run").c_str()) << loops << 64 << 64 << true << narrow;
                QTest::newRow((row + ", nested").c_str()) << loops << 576 << 64 << true << narrow;
                QTest::newRow((row + ", blocks over rows").c_str()) << loops << 192 << 128 << false << narrow;
                QTest::newRow((row + ", long rows").c_str()) << loops << 64 * 600 << 64 << false << narrow;
            }
        }
    }
    void dotsCodes()
    {
        QFETCH(quant::CodeLoops, loops);
        QFETCH(int, columns);
        QFETCH(int, block);
        QFETCH(bool, nested);
        QFETCH(bool, narrow);
        if (!quant::runsHere(loops)) {
            QSKIP("this machine has no such instructions");
        }
        constexpr std::int64_t kRows = 38;
        quant::QuantisedWeight weight = quant::emptyWeight(quant::CodeKind::Nf4, nested, kRows, columns, at::kCPU);
        if (block != weight.blockSize) {
            weight.blockSize = block;
            weight.absmax = at::empty({weight.blocks()}, at::kFloat);
        }
        quant::WeightQuantiser quantiser(weight);
        quantiser.add(at::randn({kRows, columns}).mul_(0.1));
        const auto finished = quantiser.finish();
        QVERIFY2(finished, sentence(finished));
        at::Tensor x = at::randn({columns});
        quant::CodeInput input;
        if (narrow) {
            const at::Tensor bits = x.to(at::kBFloat16);
            x = bits.to(at::kFloat);
            input.setNarrow(static_cast<const std::uint16_t*>(bits.const_data_ptr()), columns);
        } else {
            input.set(x.const_data_ptr<float>(), columns);
        }
        const quant::CodeRows rows{&quant::codeTable(weight.kind), columns, weight.codes.const_data_ptr<std::uint8_t>(), quant::scalesOf(weight)};
        QVERIFY(rows.canBeDotted());
        at::Tensor y = at::empty({kRows - 3}, at::kFloat);
        quant::dotCodes(rows, input, 3, kRows - 3, y.mutable_data_ptr<float>(), loops);
        at::Tensor numbers = at::empty({kRows, columns}, at::kFloat);
        quant::dequantise(weight, numbers);
        const auto exactOf = [&](const at::Tensor& m) { return m.narrow(0, 3, kRows - 3).to(at::kDouble).matmul(x.to(at::kDouble)); };
        const at::Tensor exact = exactOf(numbers);
        const auto away = [&](const at::Tensor& found) { return ((found - exact).norm() / exact.norm()).item<double>(); };
        const double gap = away(y.to(at::kDouble));
        // A rounded table is no coarser than rounded weights are.
        const double allowed = narrow && loops == quant::CodeLoops::Pairs ? 1.5 * away(exactOf(numbers.to(at::kBFloat16))) : 2e-6;
        QVERIFY2(gap <= allowed, (std::to_string(gap) + " of " + std::to_string(allowed)).c_str());
    }

private:
    Json m_reference;
};

QTEST_APPLESS_MAIN(TestQuant)
#include "tst_quant.moc"
