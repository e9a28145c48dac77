// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/statistics/bradley_terry.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace luthier::statistics {

namespace {

constexpr double kScale = 400;
constexpr double kMean = 1000;
constexpr double kRidge = 1e-5; // of the Hessian's diagonal, times the battles: ratings have no zero of their own
constexpr double kFarthest = 20; // of strengths, in nats: where all was won or lost there is no end to them
const double kNat = kScale / std::log(10.0);

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

void addPair(Matrix& matrix, const Battle& battle, double value)
{
    matrix[battle.first][battle.first] += value;
    matrix[battle.second][battle.second] += value;
    matrix[battle.first][battle.second] -= value;
    matrix[battle.second][battle.first] -= value;
}

// Gauss and Jordan with the largest pivot; the matrices are positive definite.
Matrix inverseOf(Matrix matrix)
{
    const std::size_t n = matrix.size();
    Matrix inverse(n, Vector(n, 0));
    for (std::size_t i = 0; i < n; ++i) {
        inverse[i][i] = 1;
    }
    for (std::size_t column = 0; column < n; ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column; row < n; ++row) {
            pivot = std::abs(matrix[row][column]) > std::abs(matrix[pivot][column]) ? row : pivot;
        }
        std::swap(matrix[column], matrix[pivot]);
        std::swap(inverse[column], inverse[pivot]);
        const double head = matrix[column][column];
        for (std::size_t i = 0; i < n; ++i) {
            matrix[column][i] /= head;
            inverse[column][i] /= head;
        }
        for (std::size_t row = 0; row < n; ++row) {
            const double factor = row == column ? 0 : matrix[row][column];
            for (std::size_t i = 0; factor != 0 && i < n; ++i) {
                matrix[row][i] -= factor * matrix[column][i];
                inverse[row][i] -= factor * inverse[column][i];
            }
        }
    }
    return inverse;
}

Matrix product(const Matrix& a, const Matrix& b)
{
    const std::size_t n = a.size();
    Matrix result(n, Vector(n, 0));
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t k = 0; k < n; ++k) {
            for (std::size_t j = 0; j < n; ++j) {
                result[i][j] += a[i][k] * b[k][j];
            }
        }
    }
    return result;
}

struct Slopes {
    Vector gradient;
    Matrix hessian;
    Matrix scatter; // of the gradient, from battle to battle
};

Slopes slopesAt(const Vector& strengths, std::span<const Battle> battles)
{
    const std::size_t n = strengths.size();
    Slopes slopes{Vector(n, 0), Matrix(n, Vector(n, 0)), Matrix(n, Vector(n, 0))};
    for (const Battle& battle : battles) {
        const double p = sigmoid(strengths[battle.first] - strengths[battle.second]);
        const double gap = battle.outcome - p;
        slopes.gradient[battle.first] += gap;
        slopes.gradient[battle.second] -= gap;
        addPair(slopes.hessian, battle, p * (1 - p));
        addPair(slopes.scatter, battle, gap * gap);
    }
    for (std::size_t i = 0; i < n; ++i) {
        slopes.hessian[i][i] += kRidge * static_cast<double>(battles.size());
    }
    return slopes;
}

// Newton's steps, no longer than one nat: far from the top they would overshoot. The ridge slows them a little and moves nothing.
Vector strengthsOf(std::span<const Battle> battles, std::size_t systems)
{
    constexpr int kMostSteps = 500;
    constexpr double kDone = 1e-12;
    Vector strengths(systems, 0);
    for (int i = 0; i < kMostSteps; ++i) {
        const Slopes slopes = slopesAt(strengths, battles);
        const Matrix inverse = inverseOf(slopes.hessian);
        Vector step(systems, 0);
        double longest = 0;
        for (std::size_t a = 0; a < systems; ++a) {
            for (std::size_t b = 0; b < systems; ++b) {
                step[a] += inverse[a][b] * slopes.gradient[b];
            }
            longest = std::max(longest, std::abs(step[a]));
        }
        for (std::size_t a = 0; a < systems; ++a) {
            strengths[a] = std::clamp(strengths[a] + step[a] / std::max(1.0, longest), -kFarthest, kFarthest);
        }
        if (longest < kDone) {
            break;
        }
    }
    return strengths;
}

} // namespace

std::vector<Rating> bradleyTerry(std::span<const Battle> battles, std::size_t systems, double level)
{
    std::vector<Rating> ratings(systems);
    if (battles.empty()) {
        return ratings;
    }
    const Vector strengths = strengthsOf(battles, systems);
    const Slopes slopes = slopesAt(strengths, battles);
    const Matrix inverse = inverseOf(slopes.hessian);
    const Matrix covariance = product(product(inverse, slopes.scatter), inverse);
    Vector won(systems, 0);
    for (const Battle& battle : battles) {
        ++ratings[battle.first].battles;
        ++ratings[battle.second].battles;
        won[battle.first] += battle.outcome;
        won[battle.second] += 1 - battle.outcome;
    }
    const double z = normalQuantile(0.5 + level / 2);
    for (std::size_t i = 0; i < systems; ++i) {
        Rating& rating = ratings[i];
        const double half = z * std::sqrt(std::max(0.0, covariance[i][i])) * kNat;
        rating.value = kMean + strengths[i] * kNat;
        rating.interval = {rating.value - half, rating.value + half};
        rating.isBounded = won[i] > 0 && won[i] < static_cast<double>(rating.battles);
    }
    return ratings;
}

} // namespace luthier::statistics
