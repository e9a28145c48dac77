// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/other_makes.h"

#include <algorithm>
#include <array>
#include <span>

namespace luthier::base {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostNamesOfMake = 10'000;
constexpr const char* kPickle = "its weights are in a pickle (%), which can run code when opened; get the model as safetensors, or open it in "
                                "transformers and save it again";

constexpr const char* kNothingKnown = "choose the folder of a model";

// A name with a star at either end or in the middle; in the sentence % is the name that was found.
struct Make {
    std::string_view pattern;
    const char* sentence;
};

// By the names in a folder. The first row that fits speaks, so what is told by one sure name stands before what is told by an ending.
constexpr std::array kFolders = {
    Make{"adapter_model.safetensors", "this is an adapter; open its base model and add the adapter to it"},
    Make{"adapter_model.bin", "this is an adapter in a pickle (.bin); load it in PEFT and save it again, then open its base model and add the adapter to it"},
    Make{"adapters.safetensors", "this is an adapter of MLX; fuse it into its model with mlx_lm.fuse --dequantize and open that folder"},
    Make{"adapters.npz", "this is an adapter of MLX; fuse it into its model with mlx_lm.fuse --dequantize and open that folder"},
    Make{"model_index.json", "these are the parts of a pipeline of diffusers, which makes pictures; a language model is needed"},
    Make{"diffusion_pytorch_model*", "this is a part of a pipeline of diffusers, which makes pictures; a language model is needed"},
    Make{"*.incomplete", "the download of % is not finished; finish it"},
    Make{"*.crdownload", "the download of % is not finished; finish it"},
    Make{"*.part", "the download of % is not finished; finish it"},
    Make{"*.partial", "the download of % is not finished; finish it"},
    Make{"*.aria2", "a download is not finished (%); finish it"},
    Make{"*.gguf", "it holds a GGUF file; choose the file itself, %"},
    Make{"model-*-of-*.safetensors", "there are shards (%) without their index; get model.safetensors.index.json of the same model, too"},
    Make{"weights.npz", "its weights are as MLX wrote them of old (%); take the model in Hugging Face's form"},
    Make{"weights.*.safetensors", "its weights are as MLX wrote them of old (%); take the model in Hugging Face's form"},
    Make{"gptq_model*.safetensors", "its weights are quantised by GPTQ (%), which cannot be read; take the unquantised model and set model.quantization to nf4"},
    Make{"consolidated*", "its weights are as they were first released (%), under other names; take the same model in Hugging Face's form, with model.safetensors"},
    Make{"*.safetensors", "it holds %; weights are looked for in model.safetensors: if that is the whole model, rename the file"},
    Make{"openvino_model.xml", "this is a model for OpenVINO, made to run and not to be tuned; take the model that it was made of"},
    Make{"tf_model.h5", "its weights are those of TensorFlow (%); open it in transformers with from_tf=True and save it again"},
    Make{"flax_model*.msgpack", "its weights are those of JAX (%); open it in transformers with from_flax=True and save it again"},
    Make{"zero_to_fp32.py", "this is a checkpoint of DeepSpeed, in parts; join them with python zero_to_fp32.py . OUT --safe_serialization and open OUT"},
    Make{"global_step*", "this is a checkpoint of DeepSpeed, in parts; join them with zero_to_fp32.py and open what that writes"},
    Make{"*.distcp", "this is a sharded checkpoint of PyTorch (%); join it with accelerate merge-weights and open what that writes"},
    Make{"pytorch_model_fsdp_*", "this is a sharded checkpoint of PyTorch (%); join it with accelerate merge-weights and open what that writes"},
    Make{"*.bin", kPickle},
    Make{"*.pt", kPickle},
    Make{"*.pth", kPickle},
    Make{"*.ckpt", kPickle},
    Make{"*.pkl", kPickle},
    Make{"*.onnx", "this is a model in ONNX (%), made to run and not to be tuned; take the model that it was made of"},
    Make{"onnx", "this is a model in ONNX, made to run and not to be tuned; take the model that it was made of"},
    Make{"*.mlpackage", "this is a model for Core ML (%), made to run and not to be tuned; take the model that it was made of"},
    Make{"*.mlmodelc", "this is a model for Core ML (%), made to run and not to be tuned; take the model that it was made of"},
    Make{"*.mlmodel", "this is a model for Core ML (%), made to run and not to be tuned; take the model that it was made of"},
    Make{"*.tflite", "this is a model for LiteRT (%), made to run and not to be tuned; take the model that it was made of"},
    Make{"*.engine", "this is an engine of TensorRT (%), made to run and not to be tuned; take the model that it was made of"},
    Make{"*.nemo", "this is a model of NeMo (%); convert it to Hugging Face's form there"},
    Make{"manifests", "this is Ollama's store, which names files by their hashes; write the model out, or get its GGUF file or its folder"},
    Make{"snapshots", "this is the hub's cache of one model; choose a folder inside snapshots"},
    Make{"models--*", "this is the hub's cache; choose the folder of a model inside it, %/snapshots/..."},
    Make{"*.zip", "it holds an archive, %; unpack it"},
    Make{"*.tar", "it holds an archive, %; unpack it"},
    Make{"*.tar.*", "it holds an archive, %; unpack it"},
    Make{"*.tgz", "it holds an archive, %; unpack it"},
    Make{"*.7z", "it holds an archive, %; unpack it"},
};

// By the name of a file that stands where a folder should.
constexpr std::array kFiles = {
    Make{"*.safetensors", "this is one file of a model; choose the folder that it lies in"},
    Make{"config.json", "this is one file of a model; choose the folder that it lies in"},
    Make{"*.safetensors.index.json", "this is one file of a model; choose the folder that it lies in"},
    Make{"tokenizer.json", "this is one file of a model; choose the folder that it lies in"},
    Make{"*.bin", kPickle},
    Make{"*.pt", kPickle},
    Make{"*.pth", kPickle},
    Make{"*.ckpt", kPickle},
    Make{"*.pkl", kPickle},
    Make{"*.onnx", "this is a model in ONNX, made to run and not to be tuned; take the model that it was made of"},
    Make{"*.ggml", "this is the form before GGUF, which is not read; take the model as GGUF or in Hugging Face's form"},
    Make{"*.llamafile", "a llamafile is a program with a GGUF file inside; unzip it and choose that file"},
    Make{"Modelfile*", "this is Ollama's description of a model; choose the GGUF file or the folder that its FROM line names"},
    Make{"*.zip", "this is an archive; unpack it and choose the folder of the model"},
    Make{"*.tar", "this is an archive; unpack it and choose the folder of the model"},
    Make{"*.tar.*", "this is an archive; unpack it and choose the folder of the model"},
    Make{"*.tgz", "this is an archive; unpack it and choose the folder of the model"},
    Make{"*.7z", "this is an archive; unpack it and choose the folder of the model"},
};

// By names of tensors in files that are named as they should be.
constexpr std::array kTensors = {
    Make{"*.base_layer.weight", "this is a model with its adapter still beside its weights (%); call merge_and_unload() in PEFT and save it again"},
    Make{"*.lora_A*.weight", "these are the weights of an adapter (%); put them beside their adapter_config.json and add them to their base model"},
    Make{"*.q_weight", "its weights are quantised by ExLlamaV2 (%), which cannot be read; take the unquantised model and set model.quantization to nf4"},
    Make{"*.trellis", "its weights are quantised by ExLlamaV3 (%), which cannot be read; take the unquantised model and set model.quantization to nf4"},
    Make{"*.qweight", "its weights are quantised by GPTQ or AWQ (%), which cannot be read; take the unquantised model and set model.quantization to nf4"},
    Make{"*.weight_packed", "its weights are quantised as compressed-tensors (%), which cannot be read; take the unquantised model and set model.quantization to nf4"},
    Make{"*.weight_scale_inv", "its weights are in FP8 with scales of their own (%), which cannot be read; take the model in bf16"},
    Make{"*.biases", "its weights are quantised by MLX (%), whose codes lie otherwise; take the unquantised model and set model.quantization to nf4, or write it "
                     "out with mlx_lm.convert --dequantize"},
    Make{"tok_embeddings.weight", "its tensors have the names of the first release (%); take the same model in Hugging Face's form"},
    Make{"model.diffusion_model.*", "this is a model that makes pictures (%); a language model is needed"},
    Make{"encoder.*", "this model reads with an encoder (%); only models that go on with a text can be tuned here"},
};

// By the first bytes.
constexpr std::array kBeginnings = {
    Make{"version https://git-lfs*", "this is a pointer of Git LFS, not the file that it stands for; fetch that with git lfs pull"},
    Make{"# xet version*", "this is a pointer of the hub's store, not the file that it stands for; download the file itself"},
    Make{"<!DOCTYPE html*", "this is a web page, perhaps the answer of a server instead of the file; fetch the file itself"},
    Make{"<!doctype html*", "this is a web page, perhaps the answer of a server instead of the file; fetch the file itself"},
    Make{"<html*", "this is a web page, perhaps the answer of a server instead of the file; fetch the file itself"},
    Make{"GGUF*", "this is a GGUF file under another name; name it .gguf and choose the file itself"},
    Make{"PK\x03\x04*", "this is a pickle of PyTorch or an archive under another name, not safetensors; get the model as safetensors"},
    Make{"{\"error\"*", "this is the answer of a server, not the file; fetch the file itself"},
};

bool fits(std::string_view name, std::string_view pattern)
{
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) {
        return name == pattern;
    }
    const auto last = pattern.rfind('*');
    const std::string_view front = pattern.substr(0, star);
    const std::string_view back = pattern.substr(last + 1);
    if (name.size() < front.size() + back.size() || !name.starts_with(front) || !name.ends_with(back)) {
        return false;
    }
    const std::string_view middle = last > star ? pattern.substr(star + 1, last - star - 1) : std::string_view();
    return name.substr(front.size(), name.size() - front.size() - back.size()).find(middle) != std::string_view::npos;
}

std::string filled(std::string_view sentence, std::string_view name)
{
    std::string text;
    for (const char c : sentence) {
        text += c == '%' ? std::string(name.substr(0, 200)) : std::string(1, c);
    }
    return text;
}

// Of the first row that one of the names fits; empty: none does.
template <class Names> std::string spoken(std::span<const Make> makes, const Names& names)
{
    for (const Make& make : makes) {
        const auto name = std::find_if(names.begin(), names.end(), [&](std::string_view n) { return fits(n, make.pattern); });
        if (name != names.end()) {
            return filled(make.sentence, *name);
        }
    }
    return {};
}

bool isModel(const fs::path& folder)
{
    std::error_code code;
    return fs::exists(folder / "config.json", code)
           && (fs::exists(folder / "model.safetensors", code) || fs::exists(folder / "model.safetensors.index.json", code));
}

std::vector<std::string> namesIn(const fs::path& folder)
{
    std::vector<std::string> names;
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end && names.size() < kMostNamesOfMake; it.increment(code)) {
        names.push_back(it->path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

// A folder one too high: what people drop is often the folder around the models.
std::string modelsInside(const fs::path& folder, const std::vector<std::string>& names)
{
    std::vector<std::string> models;
    for (const std::string& name : names) {
        if (models.size() < 4 && isModel(folder / name)) {
            models.push_back(name);
        }
    }
    if (models.empty()) {
        return {};
    }
    std::string text = models[0];
    for (std::size_t i = 1; i < std::min<std::size_t>(models.size(), 3); ++i) {
        text += ", " + models[i];
    }
    return "there is a model inside it; choose that folder: " + text + (models.size() > 3 ? ", ..." : "");
}

} // namespace

std::string whatLiesThere(const fs::path& place)
{
    std::error_code code;
    if (!fs::is_directory(place, code)) {
        const std::string name = place.filename().string();
        if (!fs::exists(place, code)) {
            return "there is no such folder; choose the folder of a model";
        }
        const std::string sentence = spoken(kFiles, std::array{name});
        return sentence.empty() ? "this is a file; choose the folder of a model or a GGUF file" : sentence;
    }
    const std::vector<std::string> names = namesIn(place);
    for (const std::string& sentence : {spoken(kFolders, names), modelsInside(place, names)}) {
        if (!sentence.empty()) {
            return sentence;
        }
    }
    return names.empty() ? "the folder is empty; choose the folder of a model" : kNothingKnown;
}

std::string whatElse(const fs::path& place)
{
    std::error_code code;
    const bool isPart = place.extension() == ".gguf" || fs::exists(place / "config.json", code) || fs::exists(place / "model.safetensors", code)
                        || fs::exists(place / "model.safetensors.index.json", code);
    const std::string said = isPart ? std::string() : whatLiesThere(place);
    return said == kNothingKnown ? std::string() : said;
}

std::string whatTheyAre(const std::vector<std::string_view>& tensors)
{
    return spoken(kTensors, tensors);
}

std::string whatBegins(std::string_view head)
{
    return spoken(kBeginnings, std::array{head});
}

} // namespace luthier::base
