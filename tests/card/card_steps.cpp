// SPDX-License-Identifier: GPL-3.0-or-later
// CardSteps: training steps on a card against the CPU: every method in its variants, activation checkpointing, dropout,
// families whose rows change what is looked up, rows of 12 to 4,096 tokens, packed rows, and evaluations of longer rows, answers and passes
// with the adapters off in between; on the card queued and recorded. Without Qt, so that it builds where there is none.
//   card_steps [--device D] [--only TEXT] [--part K/N]     D: cuda (default), or cpu, which only shows that the program works
// A line a case, its largest differences of a loss; the last line sums up. Exit 1: a case failed, 2: none has TEXT in its name, 77: there is no card.
#include "core/nn/decoder.h"
#include "core/nn/kernels/shelf.h"
#include "core/optim/adamw.h"
#include "core/peft/methods/method.h"
#include "core/train/step/train_step.h"
#include "tests/support/family_shapes.h"
#include "tests/support/method_variants.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace luthier;

namespace {

constexpr std::int64_t kVocab = 512;
constexpr double kFp32Limit = 1e-4; // of a loss around 6; sums run in another order
constexpr double kBf16Limit = 5e-2; // bf16 keeps 8 bits
constexpr int kSkipped = 77;
constexpr int kNoCase = 2;

struct Family {
    const char* name;
    void (*change)(nn::DecoderConfig&);
};

const std::vector<Family> kFamilies{
    {"llama", [](nn::DecoderConfig&) {}},
    {"longrope",
     [](nn::DecoderConfig& c) {
         c.rope.type = "longrope";
         c.rope.originalMaxPositions = 1000;
         c.rope.factor = 4;
         c.rope.shortFactor = {1, 1, 1, 1.1, 1.1, 1.2, 1.2, 1.3};
         c.rope.longFactor = {1, 1.5, 2, 2.5, 3, 3.5, 4, 4};
     }},
    {"dynamic",
     [](nn::DecoderConfig& c) {
         c.rope.type = "dynamic";
         c.rope.factor = 2;
         c.maxPositions = 1000;
     }},
    {"gemma",
     [](nn::DecoderConfig& c) {
         support::asGemma(c);
         c.embeddingScale = 8;
         c.windows = {64, 0, 64};
         c.hasLocalRope = true;
     }},
    {"gemma2",
     [](nn::DecoderConfig& c) {
         support::asGemma(c);
         c.embeddingScale = 8;
         c.attentionSoftcap = 5;
         c.logitSoftcap = 10;
         c.windows = {64, 0, 64};
     }},
    {"gpt2",
     [](nn::DecoderConfig& c) {
         support::asGpt2(c);
         c.maxPositions = 6000;
     }},
};

nn::DecoderConfig configOf(const Family& family)
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = kVocab;
    config.hidden = 64;
    config.intermediate = 96;
    config.layers = 3;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = 16;
    config.rotaryDim = 16;
    config.maxPositions = 16384;
    config.initializerRange = 0.1;
    family.change(config);
    return config;
}

struct Case {
    const Family* family;
    const support::MethodVariant* variant;
    bool checkpointing;
    double dropout;
    at::ScalarType dtype;

    std::string name() const
    {
        return std::string(family->name) + ", " + variant->name + (checkpointing ? ", checkpointed" : "")
               + (dropout > 0 ? ", dropout" : "") + (dtype == at::kBFloat16 ? ", bf16" : "");
    }
    // The CPU has no kernel for capped scores: whole matrices of rows this long take it minutes a case, so LoRA's alone are whole.
    std::int64_t longRow(std::int64_t width) const
    {
        const bool isWhole = configOf(*family).attentionSoftcap == 0 || std::strcmp(variant->name, "lora") == 0;
        return isWhole ? width : width / 2;
    }
};

// The same weights wherever they lie. Null: the method has nothing for the family.
std::shared_ptr<nn::Decoder> decoderOf(const Case& wanted, at::Device device)
{
    const auto* method = peft::findMethod(wanted.variant->method);
    const auto config = configOf(*wanted.family);
    const auto held = method->quantization.empty() ? std::nullopt : std::optional(quant::Quantisation{quant::CodeKind::Nf4, true});
    nn::Decoder source(config, at::kCPU, at::kFloat, held);
    source.initialise(3);
    auto decoder = std::make_shared<nn::Decoder>(config, device, wanted.dtype, held);
    {
        const at::NoGradGuard noGrad;
        const auto from = source.baseLeaves();
        const auto to = decoder->baseLeaves();
        for (std::size_t i = 0; i < from.size(); ++i) {
            at::Tensor target = to[i].tensor;
            target.copy_(from[i].tensor);
        }
        for (std::size_t i = 0; i < source.groups().size(); ++i) {
            auto& codes = decoder->groups()[i]->quantised;
            for (std::size_t j = 0; j < codes.size(); ++j) {
                codes[j] = quant::onDevice(source.groups()[i]->quantised[j], device);
            }
        }
    }
    peft::MethodSettings settings;
    settings.kind = wanted.variant->method;
    auto& lora = settings.of<peft::LoraSettings>();
    lora.rank = 4;
    lora.targetModules = {"all-linear"};
    wanted.variant->change(settings);
    lora.dropout = wanted.dropout;
    settings.of<peft::PromptSettings>().text.clear(); // there is no tokenizer here
    return method->attach(*decoder, settings, {7}) ? decoder : nullptr;
}

// `rows` rows of which the first is `width` long and each other a little shorter; half of the tokens are trained.
train::MicroBatch batchOf(std::int64_t rows, std::int64_t width, std::int64_t seed)
{
    train::TokenStore store;
    std::vector<std::uint32_t> all;
    for (std::int64_t row = 0; row < rows; ++row) {
        const std::int64_t length = width - row * (width / 8);
        std::vector<std::int32_t> ids;
        std::vector<std::uint8_t> trained;
        for (std::int64_t i = 0; i < length; ++i) {
            ids.push_back(static_cast<std::int32_t>((i * i + 7 * i * seed + 31 * row + seed) % kVocab));
            trained.push_back(i >= length / 2);
        }
        store.append(ids, trained);
        all.push_back(static_cast<std::uint32_t>(row));
    }
    return train::makeMicroBatch(train::ItemStore(std::move(store)), all, {});
}

// Texts of these lengths one behind the other, trained everywhere but for their first tokens.
train::MicroBatch packedOf(const std::vector<std::int64_t>& lengths, std::int64_t seed)
{
    train::TokenStore store;
    std::vector<std::uint32_t> all;
    for (const std::int64_t length : lengths) {
        std::vector<std::int32_t> ids;
        for (std::int64_t i = 0; i < length; ++i) {
            ids.push_back(static_cast<std::int32_t>((i * i + 5 * i * seed + 17 * length + seed) % kVocab));
        }
        store.append(ids, std::vector<std::uint8_t>(ids.size(), 1));
        all.push_back(static_cast<std::uint32_t>(all.size()));
    }
    train::BatchForm form;
    form.packed = true;
    return train::makeMicroBatch(train::ItemStore(std::move(store)), all, form);
}

struct Way {
    at::Device device;
    bool recorded;
};

struct Outcome {
    std::vector<double> values;
    std::string problem;
    std::int64_t played = 0;
};

class Counted : public train::RecordedWork {
public:
    Counted(std::unique_ptr<train::RecordedWork> work, std::int64_t& played) : m_work(std::move(work)), m_played(played) {}
    void play() override
    {
        ++m_played;
        m_work->play();
    }
    const train::RecordedWork* inner() const { return m_work.get(); }

private:
    std::unique_ptr<train::RecordedWork> m_work;
    std::int64_t& m_played;
};

class Learner {
public:
    Learner(const Case& wanted, const Way& way)
        : m_wanted(wanted), m_decoder(decoderOf(wanted, way.device)), m_leaves(peft::findMethod(wanted.variant->method)->trainable(*m_decoder)),
          m_optimizer(m_leaves, optim::OptimizerSettings()), m_step(train::BatchLoss(*m_decoder, *objectives::findObjective("sft")), m_optimizer, 42, recorderFor(way))
    {
        m_decoder->setActivationCheckpointing(wanted.checkpointing);
    }

    Outcome run()
    {
        for (int round = 0; round < 3; ++round) {
            for (const std::int64_t width : {12, 40, 12, 70, 40}) {
                train({{2, width}, {1, width + 3}});
            }
        }
        train({{1, m_wanted.longRow(3000)}});
        shorts();
        evaluate(m_wanted.longRow(5000));
        shorts();
        answer();
        train({{1, m_wanted.longRow(4096)}});
        baseAlone();
        packed();
        for (const std::int64_t width : {3000, 4096, 1500, 3000, 4096, 1500}) {
            train({{1, m_wanted.longRow(width)}});
            shorts();
        }
        evaluate(300);
        for (const at::Tensor& value : m_values) {
            m_outcome.values.push_back(value.item<double>());
        }
        m_outcome.problem = m_step.takeNotice();
        return std::move(m_outcome);
    }

private:
    train::WorkRecorder recorderFor(const Way& way)
    {
        const train::WorkRecorder real = train::recorderOf(way.device);
        if (!way.recorded || !real) {
            return {};
        }
        return [this, real](const std::function<void()>& work, const train::RecordedWork* beside) {
            const auto* other = dynamic_cast<const Counted*>(beside);
            return std::make_unique<Counted>(real(work, other ? other->inner() : nullptr), m_outcome.played);
        };
    }

    void train(const std::vector<std::pair<std::int64_t, std::int64_t>>& batches)
    {
        ++m_number;
        train::StepBatches step;
        for (const auto& [rows, width] : batches) {
            // As a card pads them, everywhere.
            step.batches.push_back(train::paddedToRoundSizes(batchOf(rows, width, m_number)));
            step.trained += step.batches.back().trained;
        }
        m_values.push_back(m_step.run(step, m_number, 1e-3, [] {})[0]);
    }

    // Rows of other texts each time, in few shapes.
    void packed()
    {
        for (const std::vector<std::int64_t>& lengths : std::vector<std::vector<std::int64_t>>{{12, 30, 7}, {25, 24}, {9, 40, 2, 30}, {49}, {64, 64}, {33, 2, 12}}) {
            ++m_number;
            train::StepBatches step;
            step.batches.push_back(packedOf(lengths, m_number));
            step.trained += step.batches.back().trained;
            m_values.push_back(m_step.run(step, m_number, 1e-3, [] {})[0]);
        }
    }

    void shorts()
    {
        for (const std::int64_t width : {12, 40, 70}) {
            train({{2, width}, {1, width + 3}});
        }
    }

    at::Tensor hidden(std::int64_t width, const nn::Pass& pass, nn::KvCache* cache = nullptr)
    {
        nn::ForwardInput input;
        input.ids = batchOf(1, width, 5).ids.to(m_decoder->device());
        input.cache = cache;
        input.pass = pass;
        return m_decoder->hidden(input);
    }

    void evaluate(std::int64_t width)
    {
        const at::NoGradGuard noGrad;
        m_values.push_back(hidden(width, {}).to(at::kFloat).abs().mean());
    }

    void baseAlone()
    {
        const at::NoGradGuard noGrad;
        m_values.push_back(hidden(90, {false, true, nn::noAdapters()}).to(at::kFloat).abs().mean());
    }

    // A prompt and some tokens; what it says is of no interest here.
    void answer()
    {
        const at::NoGradGuard noGrad;
        nn::KvCache cache = m_decoder->makeCache(1, 40);
        hidden(30, {}, &cache);
        for (int i = 0; i < 5; ++i) {
            hidden(1, {}, &cache);
        }
    }

    Case m_wanted;
    Outcome m_outcome;
    std::shared_ptr<nn::Decoder> m_decoder;
    std::vector<nn::NamedTensor> m_leaves;
    optim::AdamW m_optimizer;
    train::TrainStep m_step;
    std::vector<at::Tensor> m_values;
    std::int64_t m_number = 0;
};

struct Gap {
    double size = 0;
    std::size_t place = 0;
};

Gap gapOf(const std::vector<double>& a, const std::vector<double>& b)
{
    Gap gap;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double apart = std::abs(a[i] - b[i]);
        if (!(apart <= gap.size)) { // a number that is none counts
            gap = {std::isfinite(apart) ? apart : HUGE_VAL, i};
        }
    }
    return gap;
}

std::vector<Case> allCases()
{
    std::vector<Case> cases;
    for (const auto& variant : support::kVariants) {
        for (const bool checkpointing : {false, true}) {
            cases.push_back({&kFamilies.front(), &variant, checkpointing, 0, at::kFloat});
        }
    }
    for (const auto& variant : support::kVariants) {
        const std::string name = variant.name;
        if (name == "lora" || name == "DoRA" || name == "qlora") {
            for (const bool checkpointing : {false, true}) {
                cases.push_back({&kFamilies.front(), &variant, checkpointing, 0.1, at::kFloat});
                cases.push_back({&kFamilies.front(), &variant, checkpointing, 0.1, at::kBFloat16});
            }
        }
        if (name == "lora" || name == "full" || name == "prefix" || name == "prompt") {
            for (std::size_t i = 1; i < kFamilies.size(); ++i) {
                cases.push_back({&kFamilies[i], &variant, i % 2 == 0, 0, at::kFloat});
                if (name == "lora") {
                    cases.push_back({&kFamilies[i], &variant, i % 2 == 0, 0, at::kBFloat16});
                }
            }
            cases.push_back({&kFamilies.front(), &variant, false, 0, at::kBFloat16});
        }
    }
    return cases;
}

// Inputs of layers that lay in host memory while others took their place on the card come back as they were, queued and recorded.
bool shelfHolds(at::Device card)
{
    constexpr std::int64_t kLayers = 6;
    constexpr std::int64_t kNumbers = std::int64_t{1} << 20;
    const at::NoGradGuard noGrad;
    const at::Tensor start = at::arange(kNumbers, at::TensorOptions().device(card).dtype(at::kFloat));
    at::Tensor differing;
    const auto pass = [&] {
        nn::kernels::Shelf shelf(card);
        std::vector<std::shared_ptr<nn::kernels::Shelf::Kept>> kept;
        for (std::int64_t i = 0; i < kLayers; ++i) {
            kept.push_back(shelf.put(start * static_cast<double>(i + 1)));
            start.mul(-1); // in the place of what has left
        }
        at::Tensor sum = at::zeros({}, start.options());
        for (std::int64_t i = kLayers - 1; i >= 0; --i) {
            const at::Tensor back = shelf.take(kept[static_cast<std::size_t>(i)]);
            sum += (back - start * static_cast<double>(i + 1)).abs().sum();
        }
        differing = sum;
    };
    pass();
    const double queued = differing.item<double>();
    const auto work = train::recorderOf(card)(pass, nullptr);
    work->play();
    const double recorded = differing.item<double>();
    const bool ok = queued == 0 && recorded == 0;
    std::printf("  %s  inputs kept in host memory: %g apart queued, %g recorded\n", ok ? "ok" : "NO", queued, recorded);
    return ok;
}

} // namespace

int main(int argc, char** argv)
{
    std::string device = "cuda";
    std::string only;
    std::string part = "0/1"; // K/N: every Nth case from the Kth on, so that several processes share them
    for (int i = 1; i + 1 < argc; i += 2) {
        (std::strcmp(argv[i], "--device") == 0 ? device : std::strcmp(argv[i], "--part") == 0 ? part : only) = argv[i + 1];
    }
    std::size_t first = 0;
    std::size_t parts = 1;
    if (std::sscanf(part.c_str(), "%zu/%zu", &first, &parts) != 2 || first >= parts) {
        std::printf("card_steps: --part wants K/N with K below N, not \"%s\"\n", part.c_str());
        return kNoCase;
    }
    if (device == "cuda" && !at::globalContext().hasCUDA()) {
        std::printf("card_steps: skipped, there is no card\n");
        return kSkipped;
    }
    const at::Device card(device);
    const auto begin = std::chrono::steady_clock::now();
    double most = 0;
    double mostBf16 = 0;
    std::size_t failed = 0;
    std::size_t done = 0;
    std::int64_t played = 0;
    std::size_t place = 0;
    for (const Case& wanted : allCases()) {
        const std::string name = wanted.name();
        if (place++ % parts != first || name.find(only) == std::string::npos) {
            continue;
        }
        if (!decoderOf(wanted, at::kCPU)) {
            std::printf("  --  %s: the method has nothing for it\n", name.c_str());
            continue;
        }
        ++done;
        std::string problem;
        Gap queued;
        Gap recorded;
        try {
            Case onCpu = wanted;
            onCpu.dtype = at::kFloat;
            const Outcome cpu = Learner(onCpu, {at::kCPU, false}).run();
            const Outcome plain = Learner(wanted, {card, false}).run();
            const Outcome fast = Learner(wanted, {card, true}).run();
            queued = gapOf(plain.values, cpu.values);
            recorded = gapOf(fast.values, cpu.values);
            played += fast.played;
            problem = fast.problem.empty() && card.is_cuda() && fast.played == 0 ? "nothing was recorded" : fast.problem;
        } catch (const std::exception& thrown) {
            const std::string what = thrown.what();
            problem = what.substr(0, what.find('\n'));
        }
        const bool bf16 = wanted.dtype == at::kBFloat16;
        const double gap = std::max(queued.size, recorded.size);
        (bf16 ? mostBf16 : most) = std::max(bf16 ? mostBf16 : most, gap);
        const bool good = problem.empty() && gap <= (bf16 ? kBf16Limit : kFp32Limit);
        failed += good ? 0 : 1;
        std::printf("  %s  %s: queued %.1e (value %zu), recorded %.1e (value %zu)%s%s\n", good ? "ok" : "NO", name.c_str(),
                    queued.size, queued.place + 1, recorded.size, recorded.place + 1, problem.empty() ? "" : ": ", problem.c_str());
        std::fflush(stdout);
    }
    if (card.is_cuda() && first == 0 && std::string("inputs kept in host memory").find(only) != std::string::npos) {
        ++done;
        failed += shelfHolds(card) ? 0 : 1;
    }
    if (done == 0) {
        std::printf("card_steps: no case has \"%s\" in its name\n", only.c_str());
        return kNoCase;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("card_steps: %zu cases on %s, %zu failed; at most %.1e apart from the CPU in fp32, %.1e in bf16; %lld recorded "
                "passes played; %.0f s\n",
                done, device.c_str(), failed, most, mostBf16, static_cast<long long>(played), seconds);
    return failed == 0 ? 0 : 1;
}
