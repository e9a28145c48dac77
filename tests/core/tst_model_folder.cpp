// SPDX-License-Identifier: GPL-3.0-or-later
// Model folders: config.json in every spelling, shards by index, links, and a sentence for each broken
// folder.
#include "core/base/files.h"
#include "core/weights/model_folder.h"
#include "tests/support/patience.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <functional>
#include <sys/stat.h>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

Json tinyConfig()
{
    return Json{{"model_type", "llama"}, {"vocab_size", 11}, {"hidden_size", 8}, {"intermediate_size", 12},
                {"num_hidden_layers", 1}, {"num_attention_heads", 2}, {"num_key_value_heads", 1},
                {"eos_token_id", 2}};
}

Json with(const char* key, Json value)
{
    Json config = tinyConfig();
    config[key] = std::move(value);
    return config;
}

struct BadConfig {
    const char* name;
    Json config;
    const char* fragment;
};

const std::vector<BadConfig>& badConfigs()
{
    static const std::vector<BadConfig> rows = {
        {"a list", Json::array({1}), "must be a JSON object"},
        {"no family", Json{{"vocab_size", 3}}, "model_type is missing"},
        {"family is a number", with("model_type", 3), "model_type is missing"},
        {"unknown family", with("model_type", "mamba"), "known are llama"},
        {"vocab zero", with("vocab_size", 0), "vocab_size is 0"},
        {"vocab negative", with("vocab_size", -5), "vocab_size is -5"},
        {"vocab huge", with("vocab_size", 18446744073709551615ULL), "vocab_size is 18446744073709551615"},
        {"vocab as text", with("vocab_size", "11"), "vocab_size is \"11\""},
        {"hidden fraction", with("hidden_size", 8.5), "hidden_size is 8.5"},
        {"hidden 1e300", with("hidden_size", 1e300), "hidden_size is 1e+300"},
        {"hidden not of heads", with("hidden_size", 9), "is not a multiple of num_attention_heads"},
        {"layers a list", with("num_hidden_layers", Json::array({1})), "num_hidden_layers is [1]"},
        {"layers a million", with("num_hidden_layers", 1000000), "num_hidden_layers is 1000000"},
        {"heads zero", with("num_attention_heads", 0), "num_attention_heads is 0"},
        {"kv heads", with("num_key_value_heads", 3), "must be a multiple of num_key_value_heads (3)"},
        {"odd head", with("head_dim", 3), "head_dim (3) must be even"},
        {"head zero", with("head_dim", 0), "head_dim is 0"},
        {"eps zero", with("rms_norm_eps", 0), "rms_norm_eps is 0"},
        {"eps as text", with("rms_norm_eps", "1e-5"), "rms_norm_eps is \"1e-5\""},
        {"tied as text", with("tie_word_embeddings", "yes"), "tie_word_embeddings is \"yes\""},
        {"activation", with("hidden_act", "gelu"), "hidden_act is \"gelu\""},
        {"theta negative", with("rope_theta", -1), "rope_theta is -1"},
        {"rope a number", with("rope_scaling", 3), "rope_scaling must be an object"},
        {"rope unknown", with("rope_scaling", Json{{"type", "spiral"}}),
         "rope type \"spiral\" is not known here"},
        {"linear without factor", with("rope_scaling", Json{{"type", "linear"}}), "needs factor"},
        {"linear factor zero", with("rope_scaling", Json{{"type", "linear"}, {"factor", 0}}),
         "rope_scaling.factor is 0"},
        {"llama3 incomplete", with("rope_parameters", Json{{"rope_type", "llama3"}, {"factor", 8}}),
         "needs low_freq_factor"},
        {"llama3 inverted",
         with("rope_parameters",
              Json{{"rope_type", "llama3"}, {"factor", 8}, {"low_freq_factor", 4}, {"high_freq_factor", 4}}),
         "must be below high_freq_factor"},
        {"rope by layer", with("rope_parameters", Json{{"full_attention", Json::object()}}),
         "differs by layer type"},
        {"partial rotary", with("partial_rotary_factor", 0.5), "partial_rotary_factor"},
        {"quantised", with("quantization_config", Json{{"bits", 4}}), "quantised"},
        {"dtype", with("torch_dtype", "int8"), "torch_dtype is \"int8\""},
        {"eos as text", with("eos_token_id", "</s>"), "eos_token_id must be"},
        {"eos nested", with("eos_token_id", Json::array({Json::array({2})})), "eos_token_id must be"},
        {"bos beyond", with("bos_token_id", 11), "bos_token_id is 11"},
        {"too many weights",
         Json{{"model_type", "llama"},
              {"hidden_size", 16777216},
              {"intermediate_size", 16777216},
              {"num_attention_heads", 16384},
              {"head_dim", 65536},
              {"num_hidden_layers", 4096}},
         "more weights than can be counted"},
    };
    return rows;
}

struct BadFolder {
    const char* name;
    std::function<void(const fs::path&)> make;
    const char* fragment;
};

std::string tensorFile(const std::string& name)
{
    const std::string header = "{\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}";
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(header.size());
    return bytes + header + "ab";
}

void put(const fs::path& path, const std::string& content)
{
    if (!base::writeFileAtomically(path, content)) {
        qFatal("cannot write %s", path.c_str());
    }
}

void putConfig(const fs::path& folder)
{
    put(folder / "config.json", base::dumpJson(tinyConfig()));
}

void putIndex(const fs::path& folder, const Json& weightMap)
{
    putConfig(folder);
    put(folder / "model.safetensors.index.json",
        base::dumpJson(Json{{"metadata", Json::object()}, {"weight_map", weightMap}}));
}

std::function<void(const fs::path&)> indexTo(const std::string& shard)
{
    return [shard](const fs::path& folder) {
        put(folder.parent_path() / "outside.safetensors", tensorFile("a"));
        putIndex(folder, Json{{"a", shard}});
    };
}

// A model's folder with these bytes as its weights.
std::function<void(const fs::path&)> modelOf(const std::string& bytes, const Json& config = tinyConfig())
{
    return [bytes, config](const fs::path& folder) {
        put(folder / "model.safetensors", bytes);
        put(folder / "config.json", base::dumpJson(config));
    };
}

const std::vector<BadFolder>& badFolders()
{
    static const std::vector<BadFolder> rows = {
        {"empty", [](const fs::path&) {}, "there is no model.safetensors"},
        {"no config", [](const fs::path& f) { put(f / "model.safetensors", tensorFile("a")); },
         "there is no config.json"},
        {"adapter", [](const fs::path& f) { put(f / "adapter_model.safetensors", ""); },
         "this is an adapter"},
        {"pickle", [](const fs::path& f) { put(f / "pytorch_model.bin", ""); }, "can run code"},
        {"config broken",
         [](const fs::path& f) {
             put(f / "model.safetensors", tensorFile("a"));
             put(f / "config.json", "{\"a\":1,\n\"a\":2}");
         },
         "stands twice"},
        {"generation config broken",
         [](const fs::path& f) {
             put(f / "model.safetensors", tensorFile("a"));
             putConfig(f);
             put(f / "generation_config.json", "{\"eos_token_id\":\"x\"}");
         },
         "generation_config.json: eos_token_id must be"},
        {"index broken",
         [](const fs::path& f) {
             putConfig(f);
             put(f / "model.safetensors.index.json", "{");
         },
         "not valid JSON"},
        {"index a list",
         [](const fs::path& f) {
             putConfig(f);
             put(f / "model.safetensors.index.json", "[]");
         },
         "weight_map is missing"},
        {"no weight_map",
         [](const fs::path& f) {
             putConfig(f);
             put(f / "model.safetensors.index.json", "{}");
         },
         "weight_map is missing"},
        {"weight_map a list", [](const fs::path& f) { putIndex(f, Json::array()); },
         "weight_map is missing or not"},
        {"weight_map empty", [](const fs::path& f) { putIndex(f, Json::object()); }, "names no tensor"},
        {"shard a number", [](const fs::path& f) { putIndex(f, Json{{"a", 1}}); },
         "gives no file name for tensor \"a\""},
        {"parent", indexTo("../outside.safetensors"), "not a name inside the folder"},
        {"parent in the middle", indexTo("sub/../../outside.safetensors"), "not a name inside the folder"},
        {"absolute", indexTo("/etc/passwd"), "not a name inside the folder"},
        {"drive", indexTo("C:\\outside.safetensors"), "not a name inside the folder"},
        {"share", indexTo("\\\\host\\share"), "not a name inside the folder"},
        {"dot", indexTo("."), "not a name inside the folder"},
        {"empty name", indexTo(""), "not a name inside the folder"},
        {"zero byte", indexTo(std::string("a\0b", 3)), "not a name inside the folder"},
        {"missing shards",
         [](const fs::path& f) {
             put(f / "m1.safetensors", tensorFile("a"));
             putIndex(f, Json{{"a", "m1.safetensors"}, {"b", "m2.safetensors"}, {"c", "m3.safetensors"}});
         },
         "2 of 3 weight files are missing: m2.safetensors, m3.safetensors"},
        {"tensor not in its shard",
         [](const fs::path& f) {
             put(f / "m1.safetensors", tensorFile("a"));
             putIndex(f, Json{{"b", "m1.safetensors"}});
         },
         "tensor \"b\" should be in m1.safetensors"},
        {"shard is a pipe",
         [](const fs::path& f) {
             QCOMPARE(::mkfifo((f / "m1.safetensors").c_str(), 0600), 0);
             putIndex(f, Json{{"a", "m1.safetensors"}});
         },
         "not a regular file"},
        {"shard is a device",
         [](const fs::path& f) {
             fs::create_symlink("/dev/zero", f / "m1.safetensors");
             putIndex(f, Json{{"a", "m1.safetensors"}});
         },
         "not a regular file"},
        {"shard is a folder",
         [](const fs::path& f) {
             fs::create_directory(f / "m1.safetensors");
             putIndex(f, Json{{"a", "m1.safetensors"}});
         },
         "not a regular file"},
        {"MLX's codes", modelOf(tensorFile("model.layers.0.mlp.up_proj.biases")),
         "its weights are quantised by MLX (model.layers.0.mlp.up_proj.biases)"},
        {"MLX's codes by the configuration", [](const fs::path& f) {
             put(f / "model.safetensors", tensorFile("a"));
             Json config = tinyConfig();
             config["quantization"] = config["quantization_config"] = Json{{"group_size", 64}, {"bits", 4}};
             put(f / "config.json", base::dumpJson(config));
         },
         "quantization: the weights are quantised by MLX"},
        {"another method by its name", modelOf(tensorFile("a"), with("quantization_config", Json{{"quant_method", "awq"}, {"bits", 4}})),
         "(\"awq\"), which cannot be read; take the unquantised model"},
        {"GPTQ without a word in the configuration", modelOf(tensorFile("model.layers.0.mlp.up_proj.qweight")), "quantised by GPTQ or AWQ"},
        {"ExLlama", modelOf(tensorFile("lm_head.q_weight")), "quantised by ExLlamaV2"},
        {"an adapter in the model's file", modelOf(tensorFile("base_model.model.model.layers.0.mlp.up_proj.lora_A.default.weight")),
         "weights of an adapter"},
        {"an adapter beside its model", modelOf(tensorFile("base_model.model.lm_head.base_layer.weight")), "call merge_and_unload()"},
        {"the names of the first release", modelOf(tensorFile("tok_embeddings.weight")), "names of the first release"},
        {"a pointer", modelOf("version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 3\n"), "fetch that with git lfs pull"},
        {"a web page", modelOf("<!DOCTYPE html><html></html>"), "this is a web page"},
        {"a pickle by another name", modelOf("PK\x03\x04 and more"), "not safetensors"},
        {"shards without an index", [](const fs::path& f) { put(f / "model-00001-of-00002.safetensors", tensorFile("a")); },
         "(model-00001-of-00002.safetensors) without their index"},
        {"pickles in parts", [](const fs::path& f) { put(f / "pytorch_model-00001-of-00002.bin", ""); }, "can run code"},
        {"the first release", [](const fs::path& f) { put(f / "consolidated.00.pth", ""); }, "first released (consolidated.00.pth)"},
        {"ONNX", [](const fs::path& f) { fs::create_directory(f / "onnx"); }, "a model in ONNX"},
        {"Core ML", [](const fs::path& f) { fs::create_directory(f / "Model.mlpackage"); }, "Core ML (Model.mlpackage)"},
        {"diffusers", [](const fs::path& f) { put(f / "model_index.json", "{}"); }, "which makes pictures"},
        {"DeepSpeed", [](const fs::path& f) { put(f / "zero_to_fp32.py", ""); }, "checkpoint of DeepSpeed"},
        {"a download that goes on", [](const fs::path& f) { put(f / "model.safetensors.incomplete", ""); }, "is not finished"},
        {"GGUF beside a README", [](const fs::path& f) { put(f / "m-Q4_K_M.gguf", ""); }, "choose the file itself, m-Q4_K_M.gguf"},
        {"another name", [](const fs::path& f) { put(f / "tuned.safetensors", ""); }, "it holds tuned.safetensors"},
        {"one folder too high", [](const fs::path& f) {
             fs::create_directory(f / "checkpoint-5");
             put(f / "checkpoint-5" / "model.safetensors", tensorFile("a"));
             putConfig(f / "checkpoint-5");
         },
         "choose that folder: checkpoint-5"},
        {"link to nothing",
         [](const fs::path& f) {
             putConfig(f);
             fs::create_symlink("../blobs/gone", f / "model.safetensors");
         },
         "cannot open"},
    };
    return rows;
}

} // namespace

class ModelFolderTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_root;
    int m_count = 0;

    fs::path freshFolder()
    {
        const fs::path folder = fs::path(m_root.path().toStdString()) / std::to_string(m_count++) / "model";
        fs::create_directories(folder);
        return folder;
    }

    static void expect(const std::string& message, const char* fragment)
    {
        QVERIFY2(message.find(fragment) != std::string::npos, message.c_str());
    }

private Q_SLOTS:
    void badConfig_data()
    {
        QTest::addColumn<int>("row");
        for (std::size_t i = 0; i < badConfigs().size(); ++i) {
            QTest::newRow(badConfigs()[i].name) << static_cast<int>(i);
        }
    }

    void badConfig()
    {
        QFETCH(int, row);
        const BadConfig& item = badConfigs()[static_cast<std::size_t>(row)];
        const auto config = nn::parseDecoderConfig(item.config);
        QVERIFY2(!config.ok(), "was accepted");
        expect(config.message(), item.fragment);
    }

    void badFolder_data()
    {
        QTest::addColumn<int>("row");
        for (std::size_t i = 0; i < badFolders().size(); ++i) {
            QTest::newRow(badFolders()[i].name) << static_cast<int>(i);
        }
    }

    void badFolder()
    {
        QFETCH(int, row);
        const BadFolder& item = badFolders()[static_cast<std::size_t>(row)];
        const fs::path folder = freshFolder();
        item.make(folder);
        QElapsedTimer clock;
        clock.start();
        const auto model = weights::ModelFolder::open(folder);
        QVERIFY(clock.elapsed() < 2000 * support::kPatience);
        QVERIFY2(!model.ok(), "was accepted");
        expect(model.message(), item.fragment);
        expect(model.message(), folder.parent_path().c_str());
    }

    void filesAreNoFolders()
    {
        const fs::path folder = freshFolder();
        const auto said = [&](const char* name) {
            put(folder / name, "x");
            return weights::ModelFolder::open(folder / name).message();
        };
        expect(said("model.safetensors"), "choose the folder that it lies in");
        expect(said("m.bin"), "(m.bin), which can run code");
        expect(said("m.ggml"), "before GGUF");
        expect(said("m.llamafile"), "a program with a GGUF file inside");
        expect(said("m.zip"), "unpack it");
        expect(said("Modelfile"), "its FROM line");
        expect(said("m.xyz"), "this is a file");
        expect(weights::ModelFolder::open(folder / "nothing").message(), "there is no such folder");
    }

    void defaultsOfTheClass()
    {
        const auto config = nn::parseDecoderConfig(Json{{"model_type", "llama"}, {"head_dim", nullptr}});
        QVERIFY2(config.ok(), config.ok() ? "" : config.message().c_str());
        QCOMPARE(config->vocab, 32000);
        QCOMPARE(config->kvHeads, 32);
        QCOMPARE(config->headDim, 128);
        QCOMPARE(config->maxPositions, 2048);
        QCOMPARE(config->tiedHead, false);
        QCOMPARE(config->numParameters(), 6738415616); // Llama 2 7B has these sizes
        QCOMPARE(config->rope.theta, 10000.0);
    }

    void countsEveryWeight()
    {
        Json json = tinyConfig();
        json.update(
            {{"tie_word_embeddings", true}, {"attention_bias", true}, {"mlp_bias", true}, {"head_dim", 6}});
        const auto config = nn::parseDecoderConfig(json);
        QVERIFY(config.ok());
        const std::int64_t attention = 2 * 8 * 12 + 2 * 8 * 6 + 12 + 6 + 6 + 8;
        const std::int64_t mlp = 3 * 8 * 12 + 12 + 12 + 8;
        QCOMPARE(config->numParameters(), 11 * 8 + attention + mlp + 8 + 8 + 8);
    }

    void ropeInBothSpellings()
    {
        const Json llama3 = {{"factor", 32.0}, {"low_freq_factor", 1.0}, {"high_freq_factor", 4.0},
                             {"original_max_position_embeddings", 8192}};
        Json old = with("rope_theta", 500000.0);
        old["rope_scaling"] = llama3;
        old["rope_scaling"]["type"] = "llama3";
        Json recent = with("rope_parameters", llama3);
        recent["rope_parameters"]["rope_type"] = "llama3";
        recent["rope_parameters"]["rope_theta"] = 500000.0;
        for (const Json& json : {old, recent}) {
            const auto config = nn::parseDecoderConfig(json);
            QVERIFY2(config.ok(), config.ok() ? "" : config.message().c_str());
            QCOMPARE(config->rope.type, std::string("llama3"));
            QCOMPARE(config->rope.theta, 500000.0);
            QCOMPARE(config->rope.factor, 32.0);
            QCOMPARE(config->rope.lowFreqFactor, 1.0);
            QCOMPARE(config->rope.highFreqFactor, 4.0);
            QCOMPARE(config->rope.originalMaxPositions, 8192);
        }
        const auto linear =
            nn::parseDecoderConfig(with("rope_scaling", Json{{"type", "linear"}, {"factor", 4}}));
        QVERIFY(linear.ok());
        QCOMPARE(linear->rope.type, std::string("linear"));
        QCOMPARE(linear->rope.factor, 4.0);
        const auto plain = nn::parseDecoderConfig(
            with("rope_parameters", Json{{"rope_type", "default"}, {"rope_theta", 7}}));
        QVERIFY(plain.ok());
        QCOMPARE(plain->rope.theta, 7.0);
    }

    void dtypeInBothSpellings()
    {
        Json both = with("torch_dtype", "float16");
        QCOMPARE(nn::parseDecoderConfig(both)->dtype, std::string("float16"));
        both["dtype"] = "bfloat16";
        QCOMPARE(nn::parseDecoderConfig(both)->dtype, std::string("bfloat16"));
    }

    void stopIdsOfBothFiles()
    {
        const fs::path folder = freshFolder();
        putConfig(folder);
        put(folder / "generation_config.json", "{\"eos_token_id\":[2,6,99]}");
        const auto config = nn::readDecoderConfig(folder);
        QVERIFY(config.ok());
        QCOMPARE(config->eosIds, (std::vector<std::int64_t>{2, 6}));
    }

    void opensShardsThroughLinks()
    {
        const fs::path folder = freshFolder();
        fs::create_directories(folder.parent_path() / "blobs");
        put(folder.parent_path() / "blobs" / "aa", tensorFile("a"));
        put(folder.parent_path() / "blobs" / "bb", tensorFile("b"));
        fs::create_symlink("../blobs/aa", folder / "m1.safetensors");
        fs::create_symlink("../blobs/bb", folder / "m2.safetensors");
        putIndex(folder, Json{{"a", "m1.safetensors"}, {"b", "m2.safetensors"}});
        const auto model = weights::ModelFolder::open(folder);
        QVERIFY2(model.ok(), model.ok() ? "" : model.message().c_str());
        QCOMPARE(model->tensors().size(), std::size_t{2});
        QCOMPARE(model->tensors().at("b").info->name, std::string("b"));
    }

    void fingerprintIsOfTheWeights()
    {
        const auto fingerprint = [this](const std::string& file) {
            const fs::path folder = freshFolder();
            putConfig(folder);
            put(folder / "model.safetensors", file);
            return *weights::ModelFolder::open(folder)->fingerprint();
        };
        std::string changed = tensorFile("a");
        changed.back() = 'c';
        QCOMPARE(fingerprint(tensorFile("a")), fingerprint(tensorFile("a")));
        QVERIFY(fingerprint(tensorFile("a")) != fingerprint(tensorFile("b")));
        QVERIFY(fingerprint(tensorFile("a")) != fingerprint(changed));
        QCOMPARE(fingerprint(tensorFile("a")).size(), std::size_t{64});
    }
};

QTEST_GUILESS_MAIN(ModelFolderTest)
#include "tst_model_folder.moc"
