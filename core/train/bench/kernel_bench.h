// SPDX-License-Identifier: GPL-3.0-or-later
// KernelBench: one check of benchKernels: work with plain bodies and with fused kernels, what they differ by and what they
// take. Internal to core: names torch types.
#pragma once

#include "core/nn/kernels/kernels.h"
#include "core/train/bench/bench_kernels.h"
#include "core/train/bench/bench_probe.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace luthier::train {

using Tensors = std::vector<at::Tensor>;

struct KernelBench {
    at::TensorOptions options;
    KernelBenchResult& result;

    at::Tensor normal(at::IntArrayRef shape) const { return at::randn(shape, options.dtype(at::kFloat)).to(options); }

    double timeOf(const std::function<Tensors()>& work) const
    {
        std::vector<double> times;
        for (int i = 0; i < 5; ++i) {
            synchronise(options.device());
            const auto start = std::chrono::steady_clock::now();
            work();
            synchronise(options.device());
            times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        return median(std::move(times));
    }

    void check(const char* name, const std::string& shape, const std::function<Tensors()>& work) const
    {
        KernelCheck check{name, shape};
        nn::kernels::setFused(false);
        const Tensors plain = work();
        check.plainSeconds = timeOf(work);
        nn::kernels::setFused(true);
        const Tensors fused = work();
        check.fusedSeconds = timeOf(work);
        for (std::size_t i = 0; i < plain.size(); ++i) {
            const at::Tensor wide = plain[i].to(at::kFloat);
            const double scale = wide.abs().max().item<double>();
            const double apart = (fused[i].to(at::kFloat) - wide).abs().max().item<double>();
            const double share = apart / (scale > 0 ? scale : 1);
            check.difference = std::isfinite(share) ? std::max(check.difference, share)
                                                    : std::numeric_limits<double>::infinity();
        }
        result.checks.push_back(check);
    }
};

// What answers are made of (bench_answer_kernels.cpp).
void checkAnswers(const KernelBench& bench);

} // namespace luthier::train
