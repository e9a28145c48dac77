// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/map/pca.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace luthier::data {

namespace {

constexpr int kIterations = 24;

using Matrix = std::vector<double>; // row after row

std::vector<double> meanOf(const std::vector<float>& points, std::size_t width)
{
    std::vector<double> mean(width, 0);
    for (std::size_t i = 0; i < points.size(); ++i) {
        mean[i % width] += points[i];
    }
    for (double& value : mean) {
        value /= static_cast<double>(points.size() / width);
    }
    return mean;
}

Matrix covarianceOf(const std::vector<float>& points, const std::vector<double>& mean)
{
    const std::size_t width = mean.size();
    Matrix sums(width * width, 0);
    std::vector<float> centred(width);
    std::vector<float> block(width * width, 0);
    std::size_t inBlock = 0;
    const auto take = [&] { // floats are quick, doubles keep the sum of many exact
        for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i] += block[i];
            block[i] = 0;
        }
        inBlock = 0;
    };
    for (std::size_t at = 0; at < points.size(); at += width) {
        for (std::size_t i = 0; i < width; ++i) {
            centred[i] = points[at + i] - static_cast<float>(mean[i]);
        }
        for (std::size_t i = 0; i < width; ++i) {
            const float left = centred[i];
            float* row = block.data() + i * width;
            for (std::size_t j = 0; j < width; ++j) {
                row[j] += left * centred[j];
            }
        }
        if (++inBlock == 256) {
            take();
        }
    }
    take();
    return sums;
}

// Modified Gram-Schmidt over the rows; a row that is nothing beside the others becomes zero.
void orthonormalise(Matrix& rows, std::size_t width)
{
    for (std::size_t i = 0; i * width < rows.size(); ++i) {
        double* row = rows.data() + i * width;
        for (std::size_t j = 0; j < i; ++j) {
            const double* other = rows.data() + j * width;
            const double share = std::inner_product(row, row + width, other, 0.0);
            for (std::size_t k = 0; k < width; ++k) {
                row[k] -= share * other[k];
            }
        }
        const double length = std::sqrt(std::inner_product(row, row + width, row, 0.0));
        for (std::size_t k = 0; k < width; ++k) {
            row[k] = length > 1e-30 ? row[k] / length : 0;
        }
    }
}

Matrix times(const Matrix& rows, const Matrix& square, std::size_t width)
{
    Matrix product(rows.size(), 0);
    for (std::size_t i = 0; i * width < rows.size(); ++i) {
        for (std::size_t k = 0; k < width; ++k) {
            const double left = rows[i * width + k];
            for (std::size_t j = 0; j < width; ++j) {
                product[i * width + j] += left * square[k * width + j];
            }
        }
    }
    return product;
}

// Leading directions, [kept, width], the one of largest variance first.
Matrix directionsOf(const Matrix& covariance, std::size_t width, std::size_t kept, std::uint64_t seed)
{
    base::Random random(seed);
    Matrix rows(kept * width);
    for (double& value : rows) {
        value = random.uniform() - 0.5;
    }
    orthonormalise(rows, width);
    for (int i = 0; i < kIterations; ++i) {
        rows = times(rows, covariance, width);
        orthonormalise(rows, width);
    }
    const Matrix turned = times(rows, covariance, width);
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < kept; ++i) {
        const double* row = rows.data() + i * width;
        order.emplace_back(-std::inner_product(row, row + width, turned.data() + i * width, 0.0), i);
    }
    std::sort(order.begin(), order.end());
    Matrix sorted;
    for (const auto& [variance, i] : order) {
        sorted.insert(sorted.end(), rows.begin() + static_cast<std::ptrdiff_t>(i * width),
                      rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
    }
    return sorted;
}

} // namespace

std::vector<float> mainDirections(const std::vector<float>& points, std::size_t width, std::size_t kept, std::uint64_t seed)
{
    kept = std::min(kept, width);
    const auto mean = meanOf(points, width);
    const Matrix directions = directionsOf(covarianceOf(points, mean), width, kept, seed);
    std::vector<float> turned;
    turned.reserve(points.size() / width * kept);
    for (std::size_t at = 0; at < points.size(); at += width) {
        for (std::size_t i = 0; i < kept; ++i) {
            double sum = 0;
            for (std::size_t k = 0; k < width; ++k) {
                sum += (points[at + k] - mean[k]) * directions[i * width + k];
            }
            turned.push_back(static_cast<float>(sum));
        }
    }
    return turned;
}

} // namespace luthier::data
