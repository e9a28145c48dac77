// SPDX-License-Identifier: GPL-3.0-or-later
// TinyRun: a model folder of some thousand weights with the bundled tokenizer, rows to learn from, and a recipe
// for runs that are over in a moment. Names torch types.
#pragma once

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/nn/decoder.h"
#include "core/peft/methods/lora_settings.h"
#include "core/train/run.h"
#include "core/weights/load.h"

#include <QTemporaryDir>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace luthier::support {

// Keeps what a run said; `onEach` may steer it.
class EventLog : public train::RunObserver {
public:
    void onEvent(const train::Event& event) override
    {
        events.push_back(event);
        if (onEach) {
            onEach(event);
        }
    }
    void settle() override { settledAt.push_back(events.size()); }
    template <class T>
    std::vector<T> all() const
    {
        std::vector<T> found;
        for (const train::Event& event : events) {
            if (const T* wanted = std::get_if<T>(&event)) {
                found.push_back(*wanted);
            }
        }
        return found;
    }
    // The first warning that holds `part`; empty: none.
    std::string warningWith(const std::string& part) const
    {
        for (const auto& warning : all<train::Warning>()) {
            if (warning.sentence.find(part) != std::string::npos) {
                return warning.sentence;
            }
        }
        return {};
    }

    std::vector<train::Event> events;
    std::function<void(const train::Event&)> onEach;
    std::vector<std::size_t> settledAt; // events that had come by then
};

struct TinyRun {
    static constexpr int kRows = 40;

    QTemporaryDir folder;
    config::RunConfig config;
    const objectives::Objective* objective = nullptr; // one that stands in no table

    TinyRun()
    {
        makeModel();
        makeRows();
        config.model.path = path("model");
        config.model.device = "cpu";
        config.data.train = {path("rows.jsonl")};
        config.data.maxLength = 96;
        config.method.of<peft::LoraSettings>().rank = 4;
        config.method.of<peft::LoraSettings>().dropout = 0;
        config.optimizer.learningRate = 1e-2;
        config.run.epochs = 1;
        config.run.batchSize = 2;
        config.run.gradientAccumulation = 2;
        config.run.threads = 1;
    }

    std::string path(const std::string& name) const { return folder.filePath(QString::fromStdString(name)).toStdString(); }

    train::RunEnded run(const std::string& name, EventLog& log, bool resume = false)
    {
        train::StopControl control;
        return run(name, log, control, resume);
    }
    train::RunEnded run(const std::string& name, EventLog& log, train::StopControl& control, bool resume = false)
    {
        train::RunInputs inputs{path(name), {}, resume};
        inputs.objective = objective;
        return train::run(config, inputs, control, log);
    }
    // Stopped once `step` is done.
    train::RunEnded runUntil(const std::string& name, EventLog& log, std::int64_t step, bool resume = false)
    {
        train::StopControl control;
        log.onEach = [&control, step](const train::Event& event) {
            const auto* done = std::get_if<train::StepDone>(&event);
            if (done && done->step == step) {
                control.requestStop();
            }
        };
        auto ended = run(name, log, control, resume);
        log.onEach = {};
        return ended;
    }

private:
    void makeModel()
    {
        namespace fs = std::filesystem;
        const fs::path bundled = fs::path(LUTHIER_SOURCE_DIR) / "resources/models/luthier-tiny";
        fs::create_directory(path("source"));
        for (const char* name : {"tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
                                 "generation_config.json", "chat_template.jinja"}) {
            fs::copy_file(bundled / name, fs::path(path("source")) / name);
        }
        Json json = *base::readJson(bundled / "config.json");
        json.update(Json{{"hidden_size", 16}, {"intermediate_size", 24}, {"num_hidden_layers", 2},
                         {"num_attention_heads", 4}, {"num_key_value_heads", 2}, {"head_dim", 4},
                         {"initializer_range", 0.3}, {"torch_dtype", "float32"}});
        need(base::writeFileAtomically(path("source") + "/config.json", base::dumpJson(json)));
        nn::Decoder decoder(*nn::readDecoderConfig(path("source")), at::kCPU, at::kFloat);
        decoder.initialise(5);
        need(weights::saveModelFolder(decoder, path("source"), path("model"), at::kFloat));
    }

    static void need(const Result<void>& done)
    {
        if (!done) {
            qFatal("%s", done.message().c_str());
        }
    }

    void makeRows() const
    {
        std::string rows;
        for (int i = 0; i < kRows; ++i) {
            std::string answer = "Number " + std::to_string(i);
            for (int word = 0; word < (i * 7) % 11; ++word) {
                answer += word % 2 ? " saws" : " planes";
            }
            rows += base::dumpJson(Json{{"instruction", "What lies on bench " + std::to_string(i) + "?"},
                                        {"input", ""},
                                        {"output", answer + "."}})
                    + "\n";
        }
        need(base::writeFileAtomically(path("rows.jsonl"), rows));
    }
};

} // namespace luthier::support
