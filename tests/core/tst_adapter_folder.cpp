// SPDX-License-Identifier: GPL-3.0-or-later
// Adapter folders: PEFT's config with its patterns, what is refused, and that saving, opening and merging
// agree.
#include "core/base/files.h"
#include "core/nn/decoder.h"
#include "core/peft/folders/adapter_folder.h"
#include "core/peft/folders/lora_config.h"
#include "core/peft/folders/lora_folder.h"
#include "core/weights/load.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <functional>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

struct PatternCase {
    const char* pattern;
    const char* path;
    bool tail;
};

constexpr PatternCase kPatterns[] = {
    {"q_proj", "model.layers.0.self_attn.q_proj", true},
    {"q_proj", "model.layers.0.self_attn.xq_proj", false},
    {"q_proj", "model.layers.0.self_attn.q_proj.x", false},
    {"model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.q_proj", true},
    {"layers.1.self_attn.q_proj", "model.layers.11.self_attn.q_proj", false},
    {".*down_proj", "model.layers.3.mlp.down_proj", true},
    {"layers\\.(0|2)\\..*", "model.layers.2.mlp.down_proj", true},
    {"layers\\.(0|2)\\..*", "model.layers.12.mlp.down_proj", false},
    {"layers\\.[0-9]\\.self_attn\\.[qkv]_proj", "model.layers.7.self_attn.k_proj", true},
    {"layers\\.[^0-4]\\.self_attn\\..+", "model.layers.3.self_attn.k_proj", false},
    {"layers\\.\\d{2}\\.mlp\\.(?:up|gate)_proj", "model.layers.17.mlp.gate_proj", true},
    {"layers\\.\\d{2}\\.mlp\\.(?:up|gate)_proj", "model.layers.7.mlp.gate_proj", false},
    {"^model\\.layers\\.5\\..*$", "model.layers.5.mlp.up_proj", true},
    {"^layers\\.5\\..*", "model.layers.5.mlp.up_proj", false},
    {"(a|aa)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false},
    {"(x+x+)+y", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", false},
    {"u?p_proj", "mlp.p_proj", true},
    {"", "q_proj", false},
};

struct RefusedConfig {
    const char* name;
    Json config;
    const char* fragment;
};

Json lora(const char* key, Json value)
{
    Json config = {{"peft_type", "LORA"}, {"r", 2}, {"lora_alpha", 4}};
    config[key] = std::move(value);
    return config;
}

const std::vector<RefusedConfig>& refusedConfigs()
{
    static const std::vector<RefusedConfig> rows = {
        {"a list", Json::array(), "must be a JSON object"},
        {"no type", Json{{"r", 2}}, "peft_type is missing"},
        {"ia3", Json{{"peft_type", "IA3"}}, "peft_type \"IA3\" cannot be opened"},
        {"dora text", lora("use_dora", "yes"), "use_dora must be"},
        {"bias", lora("bias", "some"), "bias is \"some\""},
        {"replicated layers", lora("layer_replication", Json::array({Json::array({0, 1})})),
         "layer_replication"},
        {"parameters", lora("target_parameters", Json::array({"x"})), "target_parameters"},
        {"qalora", lora("use_qalora", true), "use_qalora"},
        {"alora", lora("alora_invocation_tokens", Json::array({1})), "alora_invocation_tokens"},
        {"arrow", lora("arrow_config", Json{{"x", 1}}), "arrow_config"},
        {"pissa", lora("init_lora_weights", "pissa_niter_4"), "changed the base weights"},
        {"rank zero", lora("r", 0), "r is 0"},
        {"rank negative", lora("r", -1), "r is -1"},
        {"rank fraction", lora("r", 1.5), "r is 1.5"},
        {"rank text", lora("r", "8"), "r is \"8\""},
        {"rank huge", lora("r", 1e15), "r is 1e+15"},
        {"alpha text", lora("lora_alpha", "16"), "lora_alpha is \"16\""},
        {"rslora text", lora("use_rslora", "yes"), "use_rslora must be"},
        {"pattern list", lora("rank_pattern", Json::array({1})), "rank_pattern must be an object"},
        {"pattern text", lora("rank_pattern", Json{{"q_proj", "4"}}), "gives \"q_proj\" no usable number"},
        {"pattern rank zero", lora("rank_pattern", Json{{"q_proj", 0}}), "gives \"q_proj\" no usable number"},
        {"pattern bracket", lora("rank_pattern", Json{{"(q_proj", 4}}), "\"(\" without \")\""},
        {"pattern set", lora("alpha_pattern", Json{{"[q", 4}}), "\"[\" without \"]\""},
        {"pattern lookahead", lora("alpha_pattern", Json{{"(?=q)", 4}}), "is not understood"},
        {"pattern back reference", lora("alpha_pattern", Json{{"(q)\\1", 4}}), "is not understood"},
        {"pattern star", lora("alpha_pattern", Json{{"*q", 4}}), "nothing to repeat"},
        {"pattern deep", lora("alpha_pattern", Json{{std::string(2000, '('), 4}}), "nested too deep"},
        {"pattern explosive", lora("alpha_pattern", Json{{"(((a{200}){200}){200}){200}", 4}}), "too large"},
    };
    return rows;
}

nn::DecoderConfig tinyModel()
{
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = 23;
    config.hidden = 16;
    config.intermediate = 24;
    config.layers = 2;
    config.heads = 4;
    config.kvHeads = 2;
    config.headDim = 4;
    config.maxPositions = 64;
    return config;
}

std::shared_ptr<nn::Decoder> tinyDecoder(at::ScalarType dtype = at::kFloat)
{
    auto decoder = std::make_shared<nn::Decoder>(tinyModel(), at::kCPU, dtype);
    decoder->initialise(7);
    return decoder;
}

void addAdapters(nn::Decoder& decoder, std::int64_t rank, double scale)
{
    for (nn::LinearGroup* group : decoder.groups()) {
        for (std::size_t i = 0; i < group->slices.size(); ++i) {
            group->adapters.push_back({i, at::randn({rank, group->weight.size(1)}) * 0.3,
                                       at::randn({group->slices[i].size, rank}) * 0.3, scale, 0});
        }
    }
}

at::Tensor logitsOf(nn::Decoder& decoder, const nn::Pass& pass = {})
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::arange(12, at::kLong).unsqueeze(0);
    input.pass = pass;
    return decoder.logits(decoder.hidden(input), pass).clone();
}

double distance(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

void put(const fs::path& path, const std::string& content)
{
    if (!base::writeFileAtomically(path, content)) {
        qFatal("cannot write %s", path.c_str());
    }
}

// One pair for layer 0's q_proj (16 -> 16) unless changed.
struct PairSpec {
    std::string a = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    std::string b = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight";
    std::vector<std::int64_t> shapeA = {2, 16};
    std::vector<std::int64_t> shapeB = {16, 2};
    at::ScalarType dtype = at::kFloat;
    std::map<std::string, std::string> metadata = {};
};

void putAdapter(const fs::path& folder, const PairSpec& spec, const Json& config = lora("bias", "none"))
{
    put(folder / "adapter_config.json", base::dumpJson(config));
    std::vector<weights::TensorToWrite> list;
    list.push_back(weights::toWrite(spec.a, at::full(spec.shapeA, 0.5).to(spec.dtype)));
    if (!spec.b.empty()) {
        list.push_back(weights::toWrite(spec.b, at::full(spec.shapeB, 0.25).to(spec.dtype)));
    }
    if (!weights::writeSafetensors(folder / "adapter_model.safetensors", std::move(list), spec.metadata)) {
        qFatal("cannot write the adapter");
    }
}

struct RefusedAdapter {
    const char* name;
    PairSpec spec;
    const char* fragment;
};

std::vector<RefusedAdapter> refusedAdapters()
{
    const std::string layer = "base_model.model.model.layers.0.self_attn.q_proj";
    return {
        {"another layer",
         {"base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight"},
         "layers.9.self_attn.q_proj"},
        {"another model",
         {"base_model.model.transformer.h.0.attn.c_attn.lora_A.weight"},
         "belongs to another model"},
        {"embedding", {"base_model.model.model.embed_tokens.lora_embedding_A"}, "lora_embedding_A"},
        {"dora vector", {layer + ".lora_magnitude_vector"}, "lora_magnitude_vector"},
        {"another prefix", {"encoder.layers.0.self_attn.q_proj.lora_A.weight"}, "fit no projection"},
        {"only A", {layer + ".lora_A.weight", ""}, "has lora_A but no lora_B"},
        {"only B", {layer + ".lora_B.weight", "", {16, 2}}, "has lora_B but no lora_A"},
        {"rank of A",
         {layer + ".lora_A.weight", layer + ".lora_B.weight", {3, 16}},
         "is [3,16], the model and adapter_config.json ask for [2,16]"},
        {"width of A", {layer + ".lora_A.weight", layer + ".lora_B.weight", {2, 8}}, "ask for [2,16]"},
        {"height of B",
         {layer + ".lora_A.weight", layer + ".lora_B.weight", {2, 16}, {8, 2}},
         "ask for [16,2]"},
        {"one dimension", {layer + ".lora_A.weight", layer + ".lora_B.weight", {32}}, "is [32]"},
        {"integers",
         {layer + ".lora_A.weight", layer + ".lora_B.weight", {2, 16}, {16, 2}, at::kInt},
         "must be F32, F16 or BF16"},
        {"another base",
         {layer + ".lora_A.weight",
          layer + ".lora_B.weight",
          {2, 16},
          {16, 2},
          at::kFloat,
          {{"luthier_base", "other"}}},
         "another base"},
    };
}

} // namespace

class AdapterFolderTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_root;
    int m_count = 0;

    fs::path freshFolder()
    {
        const fs::path folder = fs::path(m_root.path().toStdString()) / std::to_string(m_count++);
        fs::create_directories(folder);
        return folder;
    }

private Q_SLOTS:
    void patterns()
    {
        for (const PatternCase& item : kPatterns) {
            const auto pattern = peft::PathPattern::parse(item.pattern);
            QVERIFY2(pattern.ok(), pattern.ok() ? "" : pattern.message().c_str());
            QVERIFY2(pattern->matchesTail(item.path) == item.tail,
                     (std::string(item.pattern) + " " + item.path).c_str());
        }
    }

    void refusesConfig()
    {
        for (const RefusedConfig& item : refusedConfigs()) {
            const auto config = peft::parseLoraConfig(item.config);
            QVERIFY2(!config.ok(), item.name);
            QVERIFY2(config.message().find(item.fragment) != std::string::npos,
                     (item.name + (": " + config.message())).c_str());
        }
    }

    void defaultsAndPatterns()
    {
        const auto plain =
            peft::parseLoraConfig(Json{{"peft_type", "LORA"}, {"some_later_key", Json::object()}});
        QVERIFY(plain.ok());
        QCOMPARE(plain->rankFor("model.layers.0.self_attn.q_proj"), 8);
        QCOMPARE(plain->scaleFor("model.layers.0.self_attn.q_proj"), 1.0);
        const auto config =
            peft::parseLoraConfig(Json{{"peft_type", "LORA"},
                                       {"r", 16},
                                       {"lora_alpha", 8},
                                       {"use_rslora", true},
                                       {"rank_pattern", {{"layers.1.self_attn.q_proj", 4}, {"q_proj", 64}}},
                                       {"alpha_pattern", {{"v_proj", 32}}}});
        QVERIFY2(config.ok(), config.ok() ? "" : config.message().c_str());
        QCOMPARE(config->rankFor("model.layers.1.self_attn.q_proj"), 4);
        QCOMPARE(config->rankFor("model.layers.0.self_attn.q_proj"), 64);
        QCOMPARE(config->scaleFor("model.layers.1.self_attn.q_proj"), 4.0);
        QCOMPARE(config->scaleFor("model.layers.0.self_attn.q_proj"), 1.0);
        QCOMPARE(config->scaleFor("model.layers.0.self_attn.v_proj"), 8.0);
    }

    void refusesAdapterAndLeavesModelAlone()
    {
        for (const RefusedAdapter& item : refusedAdapters()) {
            const auto decoder = tinyDecoder();
            const fs::path folder = freshFolder();
            putAdapter(folder, item.spec);
            const auto attached = peft::attachAdapter(*decoder, folder, 1, "this");
            QVERIFY2(!attached.ok(), item.name);
            QVERIFY2(attached.message().find(item.fragment) != std::string::npos,
                     (item.name + (": " + attached.message())).c_str());
            for (const nn::LinearGroup* group : decoder->groups()) {
                QVERIFY2(group->adapters.empty(), item.name);
            }
        }
        const auto decoder = tinyDecoder();
        QVERIFY(!peft::attachAdapter(*decoder, freshFolder()).ok());
        const fs::path damaged = freshFolder();
        put(damaged / "adapter_config.json", base::dumpJson(lora("bias", "none")));
        put(damaged / "adapter_model.safetensors", "damaged");
        QVERIFY(!peft::attachAdapter(*decoder, damaged).ok());
    }

    void readsEveryDtypeAndScale()
    {
        for (const at::ScalarType dtype : {at::kFloat, at::kHalf, at::kBFloat16}) {
            const auto decoder = tinyDecoder();
            const fs::path folder = freshFolder();
            PairSpec spec;
            spec.dtype = dtype;
            spec.metadata = {{"luthier_base", "this"}};
            putAdapter(folder, spec);
            const auto attached = peft::attachAdapter(*decoder, folder, 0.5, "this");
            QVERIFY2(attached.ok(), attached.ok() ? "" : attached.message().c_str());
            const nn::LowRank& adapter = decoder->groups()[0]->adapters.at(0);
            QCOMPARE(adapter.scale, 1.0); // 4 / 2 * 0.5
            QCOMPARE(adapter.a.sum().item<double>(), 16.0);
            QCOMPARE(adapter.b.sum().item<double>(), 8.0);
            QVERIFY(!adapter.a.requires_grad());
        }
    }

    void savedOpensAgainUnchanged()
    {
        const auto decoder = tinyDecoder();
        const at::Tensor plain = logitsOf(*decoder);
        addAdapters(*decoder, 3, 2.0);
        const at::Tensor adapted = logitsOf(*decoder);
        QVERIFY(distance(plain, adapted) > 1e-3);
        const fs::path folder = freshFolder();
        const auto saved =
            peft::saveLoraFolder(*decoder, folder, {3, 6, 0.05, {"all-linear"}, "base/path", "print"});
        QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());

        const auto again = tinyDecoder();
        QVERIFY(peft::attachAdapter(*again, folder, 1, "print").ok());
        QCOMPARE(distance(adapted, logitsOf(*again)), 0.0);
        QCOMPARE(distance(plain, logitsOf(*again, {false, true, nn::noAdapters()})), 0.0);
        QVERIFY(!peft::attachAdapter(*again, folder, 1, "another").ok());

        const Json config = *base::readJson(folder / "adapter_config.json");
        QCOMPARE(config["target_modules"].size(), std::size_t{7});
        QCOMPARE(config["lora_alpha"], Json(6));
        QCOMPARE(config["base_model_name_or_path"], Json("base/path"));
        std::string previous;
        for (const auto& [key, value] : config.items()) {
            QVERIFY2(previous < key, key.c_str());
            previous = key;
        }
    }

    void savesOnlyWhatTrains()
    {
        const auto decoder = tinyDecoder();
        addAdapters(*decoder, 2, 1);
        nn::LinearGroup* group = decoder->groups()[0];
        QVERIFY(!peft::saveLoraFolder(*tinyDecoder(), freshFolder(), {}).ok());
        group->adapters.push_back(
            {0, at::zeros({4, 16}).requires_grad_(), at::zeros({16, 4}).requires_grad_(), 1, 0});
        const fs::path folder = freshFolder();
        QVERIFY(peft::saveLoraFolder(*decoder, folder, {4, 4, 0, {"q_proj"}, "", ""}).ok());
        const auto file = weights::SafetensorsFile::open(folder / "adapter_model.safetensors");
        QVERIFY(file.ok());
        QCOMPARE((*file)->tensors().size(), std::size_t{2});
        QVERIFY((*file)->find("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"));
        group->adapters.push_back(
            {0, at::zeros({4, 16}).requires_grad_(), at::zeros({16, 4}).requires_grad_(), 1, 0});
        QVERIFY(!peft::saveLoraFolder(*decoder, folder, {}).ok());
    }

    void mergedEqualsAdapters()
    {
        const auto decoder = tinyDecoder();
        const at::Tensor plain = logitsOf(*decoder);
        addAdapters(*decoder, 3, 0.7);
        addAdapters(*decoder, 2, -0.2); // several of one slice add up
        const at::Tensor adapted = logitsOf(*decoder);
        QVERIFY(peft::mergeAdapters(*decoder).ok());
        QVERIFY(decoder->groups()[0]->adapters.empty());
        QVERIFY(distance(plain, adapted) > 1e-3);
        QVERIFY2(distance(adapted, logitsOf(*decoder)) <= 1e-5,
                 std::to_string(distance(adapted, logitsOf(*decoder))).c_str());
    }
};

QTEST_GUILESS_MAIN(AdapterFolderTest)
#include "tst_adapter_folder.moc"
