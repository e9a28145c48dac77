// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quant/code_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace luthier::quant {

namespace {

constexpr std::array<float, 16> kNf4{-1.0f,
                                     -0.6961928009986877f,
                                     -0.5250730514526367f,
                                     -0.39491748809814453f,
                                     -0.28444138169288635f,
                                     -0.18477343022823334f,
                                     -0.09105003625154495f,
                                     0.0f,
                                     0.07958029955625534f,
                                     0.16093020141124725f,
                                     0.24611230194568634f,
                                     0.33791524171829224f,
                                     0.44070982933044434f,
                                     0.5626170039176941f,
                                     0.7229568362236023f,
                                     1.0f};

std::array<float, 16> fp4Values()
{
    constexpr std::array<float, 8> kPositive{0.0f, 0.0625f, 8.0f, 12.0f, 4.0f, 6.0f, 2.0f, 3.0f};
    std::array<float, 16> values{};
    for (std::size_t i = 0; i < 8; ++i) {
        values[i] = kPositive[i] / 12.0f;
        values[i + 8] = -values[i];
    }
    return values;
}

CodeTable tableOf(CodeKind kind, std::string_view id, const std::array<float, 16>& values)
{
    CodeTable table{kind, id, values, {}, {}};
    std::iota(table.order.begin(), table.order.end(), std::uint8_t{0});
    // FP4 has two zeros: their order is that of their codes.
    std::stable_sort(table.order.begin(), table.order.end(),
                     [&](std::uint8_t a, std::uint8_t b) { return values[a] < values[b]; });
    for (std::size_t i = 0; i < table.bounds.size(); ++i) {
        table.bounds[i] = (values[table.order[i]] + values[table.order[i + 1]]) / 2;
    }
    return table;
}

// Exponent i - 6 has 2^i fractions, the midpoints of even steps from 0.1 to 1, with both signs; or twice as many without.
std::array<float, 256> makeDynamicMap(bool isSigned)
{
    std::vector<float> values{0.0f, 1.0f};
    for (int i = 0; i < 7; ++i) {
        const int steps = 1 << (isSigned ? i : i + 1);
        const float width = (1.0f - 0.1f) / static_cast<float>(steps);
        // From the nearer end and with one rounding, as torch.linspace counts where products and sums are fused.
        const auto edge = [&](int n) {
            const bool lower = n < (steps + 1) / 2;
            return static_cast<float>(lower ? 0.1f + static_cast<double>(width) * n
                                            : 1.0 - static_cast<double>(width) * (steps - n));
        };
        const auto power = static_cast<float>(std::pow(10.0, i - 6));
        for (int n = 0; n < steps; ++n) {
            const float value = power * ((edge(n) + edge(n + 1)) / 2.0f);
            values.push_back(value);
            if (isSigned) {
                values.push_back(-value);
            }
        }
    }
    std::sort(values.begin(), values.end());
    std::array<float, 256> map{};
    std::copy(values.begin(), values.end(), map.begin());
    return map;
}

std::array<float, 255> boundsOf(const std::array<float, 256>& map)
{
    std::array<float, 255> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        bounds[i] = (map[i] + map[i + 1]) / 2;
    }
    return bounds;
}

} // namespace

std::span<const CodeTable> codeTables()
{
    static const std::array<CodeTable, 2> tables{tableOf(CodeKind::Nf4, "nf4", kNf4),
                                                 tableOf(CodeKind::Fp4, "fp4", fp4Values())};
    return tables;
}

const CodeTable& codeTable(CodeKind kind)
{
    return codeTables()[static_cast<std::size_t>(kind)];
}

const CodeTable* findCodeTable(std::string_view id)
{
    for (const CodeTable& table : codeTables()) {
        if (table.id == id) {
            return &table;
        }
    }
    return nullptr;
}

const std::array<float, 256>& dynamicMap()
{
    static const std::array<float, 256> map = makeDynamicMap(true);
    return map;
}

const std::array<float, 255>& dynamicBounds()
{
    static const std::array<float, 255> bounds = boundsOf(dynamicMap());
    return bounds;
}

const std::array<float, 256>& positiveMap()
{
    static const std::array<float, 256> map = makeDynamicMap(false);
    return map;
}

const std::array<float, 255>& positiveBounds()
{
    static const std::array<float, 255> bounds = boundsOf(positiveMap());
    return bounds;
}

} // namespace luthier::quant
