// SPDX-License-Identifier: GPL-3.0-or-later
// Loading and saving whole models: what is saved loads back equal, in one file or in shards, in every dtype;
// files that do not fit their config are refused by name before anything large is allocated.
#include "core/base/files.h"
#include "core/nn/device.h"
#include "core/weights/load.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <c10/core/GradMode.h>

#include <QTemporaryDir>
#include <QtTest>

#include <functional>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

Json tinyConfig(bool tied)
{
    return Json{{"model_type", "llama"},
                {"vocab_size", 23},
                {"hidden_size", 16},
                {"intermediate_size", 24},
                {"num_hidden_layers", 2},
                {"num_attention_heads", 4},
                {"num_key_value_heads", 2},
                {"attention_bias", true},
                {"tie_word_embeddings", tied},
                {"torch_dtype", "float32"},
                {"mine", 5}};
}

void put(const fs::path& path, const std::string& content)
{
    if (!base::writeFileAtomically(path, content)) {
        qFatal("cannot write %s", path.c_str());
    }
}

at::Tensor logitsOf(nn::Decoder& decoder)
{
    const at::NoGradGuard noGrad;
    nn::ForwardInput input;
    input.ids = at::arange(12, at::kLong).unsqueeze(0);
    return decoder.logits(decoder.hidden(input)).clone();
}

struct Change {
    const char* name;
    std::function<void(std::map<std::string, at::Tensor>&, Json&)> apply;
    const char* fragment; // of the sentence; nullptr: loads
};

using Tensors = std::map<std::string, at::Tensor>;

const std::vector<Change>& changes()
{
    static const std::vector<Change> rows = {
        {"nothing", [](Tensors&, Json&) {}, nullptr},
        {"old rotary table",
         [](Tensors& t, Json&) { t["model.layers.0.self_attn.rotary_emb.inv_freq"] = at::full({2}, 1.0); },
         nullptr},
        {"extra tensor", [](Tensors& t, Json&) { t["model.vision.weight"] = at::full({2}, 1.0); }, nullptr},
        {"no prefix",
         [](Tensors& t, Json&) {
             Tensors bare;
             for (const auto& [name, tensor] : t) {
                 bare[name.rfind("model.", 0) == 0 ? name.substr(6) : name] = tensor;
             }
             t = bare;
         },
         nullptr},
        {"norm missing", [](Tensors& t, Json&) { t.erase("model.norm.weight"); },
         "tensor \"model.norm.weight\" [16] is missing"},
        {"head missing", [](Tensors& t, Json&) { t.erase("lm_head.weight"); },
         "\"lm_head.weight\" [23, 16] is missing"},
        {"head missing but tied",
         [](Tensors& t, Json& c) {
             t.erase("lm_head.weight");
             c["tie_word_embeddings"] = true;
         },
         nullptr},
        {"only the head, tied",
         [](Tensors& t, Json& c) {
             t.erase("model.embed_tokens.weight");
             c["tie_word_embeddings"] = true;
         },
         nullptr},
        {"bias missing", [](Tensors& t, Json&) { t.erase("model.layers.1.self_attn.k_proj.bias"); },
         "k_proj.bias\" [8] is missing"},
        {"wrong shape",
         [](Tensors& t, Json&) { t["model.layers.1.mlp.down_proj.weight"] = at::randn({24, 16}); },
         "\"model.layers.1.mlp.down_proj.weight\" is [24, 16], config.json asks for [16, 24]"},
        {"integers", [](Tensors& t, Json&) { t["model.norm.weight"] = at::full({16}, 1, at::kInt); },
         "stored as I32"},
        {"a config of petabytes",
         [](Tensors&, Json& c) {
             c["intermediate_size"] = 16000000;
             c["hidden_size"] = 1 << 22;
             c["head_dim"] = 4;
         },
         "config.json asks for"},
        {"more layers than files", [](Tensors&, Json& c) { c["num_hidden_layers"] = 4000; },
         "model.layers.2."},
    };
    return rows;
}

} // namespace

class LoadTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_root;
    int m_count = 0;

    fs::path freshFolder()
    {
        const fs::path folder = fs::path(m_root.path().toStdString()) / std::to_string(m_count++);
        fs::create_directories(folder);
        return folder;
    }

    fs::path sourceFolder(bool tied = false)
    {
        const fs::path folder = freshFolder();
        put(folder / "config.json", base::dumpJson(tinyConfig(tied)));
        put(folder / "tokenizer.model", "pieces");
        put(folder / "chat_template.jinja", "template");
        put(folder / "private.txt", "stays");
        return folder;
    }

    static std::shared_ptr<nn::Decoder> decoderFor(const fs::path& folder)
    {
        auto decoder = std::make_shared<nn::Decoder>(*nn::readDecoderConfig(folder), at::kCPU, at::kFloat);
        decoder->initialise(3);
        for (nn::NamedTensor& item : decoder->tensors()) {
            const at::NoGradGuard noGrad;
            item.tensor.add_(at::randn(item.tensor.sizes()) * 0.1); // biases and norms too
        }
        return decoder;
    }

    static std::shared_ptr<nn::Decoder> open(const fs::path& folder, at::ScalarType dtype = at::kFloat)
    {
        const auto model = weights::ModelFolder::open(folder);
        if (!model) {
            qFatal("%s", model.message().c_str());
        }
        const auto decoder = weights::loadDecoder(*model, at::kCPU, dtype);
        if (!decoder) {
            qFatal("%s", decoder.message().c_str());
        }
        return *decoder;
    }

private Q_SLOTS:
    void savedLoadsBackEqual()
    {
        for (const bool tied : {false, true}) {
            for (const std::int64_t shardBytes :
                 {std::int64_t{1} << 40, std::int64_t{3000}, std::int64_t{1}}) {
                const fs::path source = sourceFolder(tied);
                const auto decoder = decoderFor(source);
                const fs::path target = freshFolder();
                put(target / "model-00077-of-00099.safetensors", "stale");
                const auto saved = weights::saveModelFolder(*decoder, source, target, at::kFloat, shardBytes);
                QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
                const auto model = weights::ModelFolder::open(target);
                QVERIFY2(model.ok(), model.ok() ? "" : model.message().c_str());
                QCOMPARE(fs::exists(target / "model.safetensors.index.json"), shardBytes < 10000);
                QVERIFY(!fs::exists(target / "model-00077-of-00099.safetensors"));
                QVERIFY(fs::exists(target / "tokenizer.model") && fs::exists(target / "chat_template.jinja"));
                QVERIFY(!fs::exists(target / "private.txt"));
                QCOMPARE(model->tensors().contains("lm_head.weight"), !tied);
                QCOMPARE((*base::readJson(target / "config.json"))["mine"], Json(5));
                const auto back = open(target);
                QVERIFY(logitsOf(*decoder).equal(logitsOf(*back)));
            }
        }
    }

    void everyDtypeRoundsOnce()
    {
        for (const at::ScalarType stored : {at::kFloat, at::kHalf, at::kBFloat16}) {
            for (const at::ScalarType opened : {at::kFloat, at::kBFloat16}) {
                const fs::path source = sourceFolder();
                const auto decoder = decoderFor(source);
                const fs::path target = freshFolder();
                QVERIFY(weights::saveModelFolder(*decoder, source, target, stored).ok());
                const auto back = open(target, opened);
                const auto before = decoder->tensors();
                const auto after = back->tensors();
                QCOMPARE(before.size(), after.size());
                for (std::size_t i = 0; i < before.size(); ++i) {
                    QCOMPARE(after[i].tensor.scalar_type(), opened);
                    QVERIFY2(after[i].tensor.equal(before[i].tensor.to(stored).to(opened)),
                             before[i].name.c_str());
                }
            }
        }
    }

    void filesThatDoNotFit()
    {
        for (const Change& item : changes()) {
            Json config = tinyConfig(false);
            Tensors tensors;
            for (const nn::NamedTensor& tensor : decoderFor(sourceFolder())->tensors()) {
                tensors[tensor.name] = tensor.tensor;
            }
            item.apply(tensors, config);
            const fs::path folder = freshFolder();
            put(folder / "config.json", base::dumpJson(config));
            std::vector<weights::TensorToWrite> list;
            for (const auto& [name, tensor] : tensors) {
                list.push_back(weights::toWrite(name, tensor));
            }
            QVERIFY(weights::writeSafetensors(folder / "model.safetensors", std::move(list)).ok());
            const auto model = weights::ModelFolder::open(folder);
            QVERIFY2(model.ok(), item.name);
            const auto decoder = weights::loadDecoder(*model, at::kCPU, at::kFloat);
            if (!item.fragment) {
                QVERIFY2(decoder.ok(),
                         (item.name + (": " + (decoder.ok() ? "" : decoder.message()))).c_str());
                continue;
            }
            QVERIFY2(!decoder.ok(), item.name);
            QVERIFY2(decoder.message().find(item.fragment) != std::string::npos,
                     (item.name + (": " + decoder.message())).c_str());
        }
    }

    void extraTensorsAreNamed()
    {
        const fs::path source = sourceFolder();
        const auto decoder = decoderFor(source);
        std::vector<weights::TensorToWrite> list = {weights::toWrite("model.vision.weight", at::randn({2}))};
        for (const nn::NamedTensor& item : decoder->tensors()) {
            list.push_back(weights::toWrite(item.name, item.tensor));
        }
        QVERIFY(weights::writeSafetensors(source / "model.safetensors", std::move(list)).ok());
        std::vector<std::string> unused;
        std::int64_t done = 0;
        std::int64_t total = 0;
        QVERIFY(weights::loadWeights(*decoder, *weights::ModelFolder::open(source), &unused,
                                     [&](std::int64_t d, std::int64_t t) { done = d; total = t; }).ok());
        QCOMPARE(unused, std::vector<std::string>{"model.vision.weight"});
        QCOMPARE(done, decoder->config().numParameters() * 4);
        QCOMPARE(total, done);
        base::CancelToken cancel;
        cancel.cancel();
        QVERIFY(
            !weights::loadWeights(*decoder, *weights::ModelFolder::open(source), nullptr, {}, cancel).ok());
    }

    void unlikeTiedWeightsAreNotTied()
    {
        for (const bool same : {true, false}) {
            const fs::path source = sourceFolder(true);
            const auto decoder = decoderFor(source);
            std::vector<weights::TensorToWrite> list;
            for (const nn::NamedTensor& item : decoder->tensors()) {
                list.push_back(weights::toWrite(item.name, item.tensor));
            }
            list.push_back(weights::toWrite("lm_head.weight", same ? decoder->head() : at::randn({23, 16})));
            QVERIFY(weights::writeSafetensors(source / "model.safetensors", std::move(list)).ok());
            QCOMPARE(weights::ModelFolder::open(source)->config().tiedHead, same);
        }
    }

    void baseIsNeverOverwritten()
    {
        const fs::path source = sourceFolder();
        const auto decoder = decoderFor(source);
        const auto saved =
            weights::saveModelFolder(*decoder, source, source / ".." / source.filename(), at::kFloat);
        QVERIFY(!saved.ok());
        QVERIFY(!fs::exists(source / "model.safetensors"));
    }

    void placement()
    {
        struct Row {
            const char* device;
            const char* dtype;
            const char* fragment; // nullptr: good
        };
        constexpr Row rows[] = {
            {"cpu", "auto", nullptr},
            {"cpu", "bf16", nullptr},
            {"auto", "fp32", nullptr},
            {"cpu", "fp16", "fp16 is for GPUs"},
            {"tpu", "auto", "use auto, cpu, cuda"},
            {"cuda:x", "auto", "is not known"},
            {"cuda:-1", "auto", "is not known"},
            {"cuda:99", "auto", "is not there"},
            {"cpu", "int8", "use auto, fp32, bf16 or fp16"},
        };
        for (const Row& row : rows) {
            const auto placement = nn::choosePlacement(row.device, row.dtype);
            QVERIFY2(placement.ok() == !row.fragment, row.device);
            if (row.fragment) {
                QVERIFY2(placement.message().find(row.fragment) != std::string::npos,
                         placement.message().c_str());
            } else {
                QVERIFY(!placement->deviceText.empty() && !placement->reason.empty());
            }
        }
        QCOMPARE(nn::choosePlacement("cpu", "auto")->dtypeText, std::string("fp32"));
    }
};

QTEST_GUILESS_MAIN(LoadTest)
#include "tst_load.moc"
