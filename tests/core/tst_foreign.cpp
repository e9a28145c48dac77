// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes of other programs: what they mean here, what is told as lost, and that a recipe which goes out and comes back is the
// same; YAML as PyYAML reads it.
#include "core/base/files.h"
#include "core/peft/methods/lora_settings.h"
#include "core/recipes/foreign.h"
#include "core/recipes/presets.h"
#include "core/recipes/yaml.h"
#include "tests/support/need.h"

#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <set>

using namespace luthier;
using support::need;

namespace {

const char kAxolotl[] = R"(base_model: NousResearch/Llama-3.2-1B
# a comment
load_in_4bit: true
datasets:
  - path: rows.jsonl
    type: alpaca
val_set_size: 0.05
output_dir: ./outputs/out
adapter: qlora
sequence_len: 2048
sample_packing: true
lora_r: 32
lora_alpha: 16
lora_dropout: 0.05
lora_target_linear: true
wandb_project:
gradient_accumulation_steps: 2
micro_batch_size: 2
num_epochs: 1
optimizer: paged_adamw_32bit
lr_scheduler: cosine
learning_rate: 2e-4
bf16: auto
gradient_checkpointing: true
flash_attention: true
warmup_steps: 10
evals_per_epoch: 4
weight_decay: 0.0
fsdp_config:
  fsdp_version: 2
)";

const char kLlamaFactory[] = R"(### model
model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct
trust_remote_code: true
### method
stage: dpo
do_train: true
finetuning_type: lora
lora_rank: 8
lora_target: all
pref_beta: 0.1
pref_loss: sigmoid  # choices: [sigmoid (dpo), orpo, simpo]
### dataset
dataset: mine
template: llama3
cutoff_len: 2048
max_samples: 1000
### train
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 5.0e-6
num_train_epochs: 3.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
deepspeed: ds_z3.json
)";

const char kTrl[] = R"(model_name_or_path: Qwen/Qwen2-0.5B
dataset_name: rows.jsonl
learning_rate: 2.0e-5
num_train_epochs: 1
packing: true
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
gradient_checkpointing: true
use_peft: true
lora_r: 32
lora_alpha: 16
lora_target_modules: [q_proj, v_proj]
vllm_mode: colocate
)";

bool isLost(const recipes::Imported& imported, const std::string& key)
{
    return std::any_of(imported.lost.begin(), imported.lost.end(), [&](const recipes::Lost& lost) { return lost.key == key && !lost.why.empty(); });
}

} // namespace

class TestForeign : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void presetsKeepTheWayAlone();
    void presetsByName();
    // Values as PyYAML 6 gives them, but 2e-4, a word to YAML 1.1 and a number to everybody who writes it.
    void yaml()
    {
        const Json json = need(recipes::parseYaml("a: 1\nb: 0.5\nc: yes\nd: 'yes'\ne: null\nf: ~\ng:\nh: [1, two, \"3\"]\ni: {x: -1.5e-3, y: off}\n"
                                                  "j: |\n  two\n  lines\nk: >-\n  one\n  line\nl: 0x10\nm: 2e-4\nn: 1_000\nbase: &b\n  p: 1\n  q: 2\nmerged:\n  <<: *b\n  q: 3\n"));
        const Json wanted = base::parseJson(R"({"a":1,"b":0.5,"c":true,"d":"yes","e":null,"f":null,"g":null,"h":[1,"two","3"],"i":{"x":-0.0015,"y":false},
            "j":"two\nlines\n","k":"one line","l":16,"m":0.0002,"n":"1_000","base":{"p":1,"q":2},"merged":{"q":3,"p":1}})").value();
        QCOMPARE(QString::fromStdString(base::dumpJson(json)), QString::fromStdString(base::dumpJson(wanted)));
        for (const char* bad : {"a: [1", "a: b: c", "- 1\n a: 2", "a: *none", "a: 1\na: 2", "\t- x: y"}) {
            const auto read = recipes::parseYaml(bad);
            QVERIFY2(!read.ok() && read.message().find("line") != std::string::npos, bad);
        }
        std::string bomb = "a0: &a0 [x, x]\n";
        for (int i = 1; i < 40; ++i) {
            bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + ", *a" + std::to_string(i - 1) + "]\n";
        }
        QVERIFY(!recipes::parseYaml(bomb).ok());
    }

    void yamlComesBack()
    {
        const Json json = {{"plain", "word"}, {"on", "on"}, {"number", "12"}, {"rate", 2e-5}, {"big", 1e20}, {"whole", 3.0}, {"none", nullptr}, {"empty", Json::array()},
                           {"text", "a: b # c\n\"x\""}, {"list", {1, "no", 0.5}}, {"sets", Json::array({Json{{"path", "/a b/c.jsonl"}, {"type", "x"}}})}, {"in", {{"deep", true}}}};
        QCOMPARE(base::dumpJson(need(recipes::parseYaml(recipes::dumpYaml(json)))), base::dumpJson(json));
        QVERIFY(recipes::dumpYaml(json).find("2.0e-05") != std::string::npos); // a number to YAML 1.1, too
    }

    void axolotl()
    {
        write("rows.jsonl", "{}\n");
        const auto imported = read("axolotl.yaml", kAxolotl);
        QCOMPARE(imported.program, std::string("axolotl"));
        const config::RunConfig& c = imported.config;
        QCOMPARE(c.method.kind, std::string("qlora"));
        const auto& lora = c.method.of<peft::LoraSettings>();
        QCOMPARE(lora.rank, std::int64_t{32});
        QCOMPARE(lora.alpha, 16.0);
        QCOMPARE(lora.targetModules, std::vector<std::string>{"all-linear"});
        QCOMPARE(c.data.train, std::vector<std::string>{at("rows.jsonl")});
        QCOMPARE(c.data.heldOutShare, 0.05);
        QCOMPARE(c.data.maxLength, std::int64_t{2048});
        QCOMPARE(c.data.padding, std::string("packed"));
        QCOMPARE(c.optimizer.learningRate, 2e-4);
        QCOMPARE(c.optimizer.paging, std::string("on"));
        QCOMPARE(c.schedule.kind, std::string("cosine"));
        QCOMPARE(c.run.epochs, 1.0);
        QCOMPARE(c.run.batchSize, std::int64_t{2});
        QVERIFY(c.run.activationCheckpointing);
        QVERIFY(isLost(imported, "fsdp_config") && isLost(imported, "warmup_steps"));
        QVERIFY(!isLost(imported, "output_dir") && !isLost(imported, "flash_attention"));
        QVERIFY(std::any_of(imported.notes.begin(), imported.notes.end(), [](const std::string& note) {
            return note.find("of no matter") != std::string::npos && note.find("output_dir") != std::string::npos && note.find("flash_attention") != std::string::npos;
        }));
        QVERIFY(std::any_of(imported.notes.begin(), imported.notes.end(), [](const std::string& note) { return note.find("NousResearch/Llama-3.2-1B") != std::string::npos; }));
    }

    void llamaFactory()
    {
        write("data/mine.json", "[]");
        write("data/dataset_info.json", R"({"mine":{"file_name":"mine.json","columns":{"prompt":"question","chosen":"good","rejected":"bad"}}})");
        const auto imported = read("train.yaml", kLlamaFactory);
        QCOMPARE(imported.program, std::string("llamafactory"));
        const config::RunConfig& c = imported.config;
        QCOMPARE(c.objective.kind, std::string("dpo"));
        QCOMPARE(c.method.of<peft::LoraSettings>().rank, std::int64_t{8});
        QCOMPARE(c.method.of<peft::LoraSettings>().alpha, 16.0); // its usual: twice the rank of 8
        QCOMPARE(c.method.of<peft::LoraSettings>().dropout, 0.0);
        QCOMPARE(c.data.train, std::vector<std::string>{at("data/mine.json")});
        QCOMPARE(c.data.columns, (std::vector<std::string>{"instruction=question", "chosen=good", "rejected=bad"}));
        QCOMPARE(c.data.limit, std::int64_t{1000});
        QCOMPARE(c.optimizer.learningRate, 5e-6);
        QCOMPARE(c.model.dtype, std::string("bf16"));
        QVERIFY(c.run.activationCheckpointing); // unless it is switched off there
        QVERIFY(isLost(imported, "deepspeed") && !isLost(imported, "trust_remote_code"));
    }

    void trl()
    {
        write("rows.jsonl", "{}\n");
        const auto imported = read("config.yaml", kTrl);
        QCOMPARE(imported.program, std::string("trl"));
        QCOMPARE(imported.config.method.kind, std::string("lora"));
        QCOMPARE(imported.config.data.padding, std::string("packed"));
        QVERIFY(isLost(imported, "vllm_mode"));
    }

    // A file of trl grpo is no recipe of answers that are learned; of several losses the first is taken, and that is said.
    void trlLearnsFromItsAnswers()
    {
        const auto imported = read("grpo.yaml", "model_name_or_path: m\nreward_funcs: [accuracy_reward]\nnum_generations: 4\nbeta: 0.04\nepsilon_high: 0.28\n"
                                                "loss_type: dr_grpo\nscale_rewards: false\nuse_vllm: true\n");
        const Json own = config::toJson(imported.config)["objective"];
        QCOMPARE(own["kind"].get<std::string>(), std::string("grpo"));
        QCOMPARE(own["group"].get<int>(), 4);
        QCOMPARE(own["max_new"].get<int>(), 256); // what it is there
        QCOMPARE(own["kl_in_loss"].get<double>(), 0.04);
        QCOMPARE(own["clip_high"].get<double>(), 0.28);
        QCOMPARE(own["normaliser"].get<std::string>(), std::string("dr_grpo"));
        QCOMPARE(own["scale_rewards"].get<std::string>(), std::string("none"));
        QVERIFY(isLost(imported, "reward_funcs") && isLost(imported, "use_vllm") && !isLost(imported, "beta") && !isLost(imported, "num_generations"));
        const auto rewarded = read("rewarded.yaml", "model_name_or_path: m\nreward_funcs: think_format_reward\n");
        QCOMPARE(rewarded.config.objective.kind, std::string("grpo"));
        const auto several = read("several.yaml", "model_name_or_path: m\nloss_type: [ipo, bco_pair]\nuse_peft: false\n");
        QCOMPARE(several.config.objective.kind, std::string("dpo"));
        QVERIFY(isLost(several, "loss_type"));
        const auto one = read("one.yaml", "model_name_or_path: m\nloss_type: [ipo]\nuse_peft: false\n");
        QVERIFY(!isLost(one, "loss_type"));
    }

    // Keys with the same to say say it once.
    void aNoteIsSaidOnce()
    {
        const auto imported = read("often.yml", "base_model: m\nadapter: lora\nmicro_batch_size: 1\nsaves_per_epoch: 1\nevals_per_epoch: 4\n");
        const auto spread = std::count_if(imported.notes.begin(), imported.notes.end(), [](const std::string& note) { return note.find("spread over the run") != std::string::npos; });
        QCOMPARE(spread, 1);
    }

    void peft()
    {
        const auto imported = read("adapter_config.json", R"({"peft_type":"LORA","r":16,"lora_alpha":32,"lora_dropout":0.1,"target_modules":["q_proj","o_proj"],
            "bias":"none","use_dora":true,"use_rslora":false,"task_type":"CAUSAL_LM","layers_to_transform":[1,2],"base_model_name_or_path":null,"init_lora_weights":true})");
        QCOMPARE(imported.program, std::string("peft"));
        const auto& lora = imported.config.method.of<peft::LoraSettings>();
        QVERIFY(lora.useDora && !lora.useRslora);
        QCOMPARE(lora.targetModules, (std::vector<std::string>{"q_proj", "o_proj"}));
        QVERIFY(isLost(imported, "layers_to_transform") && imported.lost.size() == 1);
    }

    // What goes out and comes back differs in nothing that the other program can say.
    void thereAndBack_data()
    {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("objective");
        for (const char* program : {"trl", "axolotl", "llamafactory"}) {
            for (const char* method : {"lora", "qlora", "full"}) {
                for (const char* objective : {"sft", "dpo"}) {
                    QTest::addRow("%s %s %s", program, method, objective) << program << method << objective;
                }
            }
        }
    }

    void thereAndBack()
    {
        QFETCH(QString, program);
        QFETCH(QString, method);
        QFETCH(QString, objective);
        write("rows.jsonl", "{}\n");
        config::RunConfig config;
        config.model.path = at("rows.jsonl"); // anything that is there
        config.data.train = {at("rows.jsonl")};
        config.method.kind = method.toStdString();
        config.objective.kind = objective.toStdString();
        config.method.of<peft::LoraSettings>().rank = 24;
        config.method.of<peft::LoraSettings>().dropout = 0.25;
        config.optimizer.learningRate = 3e-4;
        config.data.maxLength = 777;
        config.data.padding = "packed";
        config.run.batchSize = 3;
        config.run.gradientAccumulation = 5;
        config.run.epochs = 2.5;
        config.run.seed = 7;
        config.run.activationCheckpointing = true;
        config.schedule.kind = "cosine";
        config.schedule.warmupRatio = 0.03;
        config.objective.kind == "dpo" ? need(config::setByKey(config, "objective.beta", "0.2")) : void();
        const auto exported = need(recipes::writeForeign(config, program.toStdString()));
        write("out.yaml", exported.text);
        auto imported = need(recipes::readForeign(at("out.yaml"), program.toStdString()));
        QVERIFY2(imported.lost.empty(), imported.lost.empty() ? "" : (imported.lost.front().key + ": " + imported.lost.front().why).c_str());
        imported.config.data.train = config.data.train; // LLaMA-Factory names data sets its own way
        for (const auto& row : config::difference(config, imported.config)) {
            const bool isLora = row.key.starts_with("method.") && row.key != "method.kind";
            const bool isTold = std::any_of(exported.lost.begin(), exported.lost.end(), [&](const recipes::Lost& lost) { return lost.key == row.key; });
            QVERIFY2((isLora && method == "full") || row.key == "run.name" || row.key == "model.quantization" || isTold,
                     (row.key + ": " + row.left + " became " + row.right + "\n" + exported.text).c_str());
        }
    }

    // TRL's scripts for preferences refuse a file that names packing (tests/reference/check_recipes.py).
    void aKeyThatAScriptHasNotIsToldInstead()
    {
        config::RunConfig config;
        config.objective.kind = "dpo";
        config.data.padding = "packed";
        const auto exported = need(recipes::writeForeign(config, "trl"));
        QVERIFY(exported.text.find("packing") == std::string::npos);
        QVERIFY(std::any_of(exported.lost.begin(), exported.lost.end(), [](const recipes::Lost& lost) { return lost.key == "data.padding"; }));
    }

    void everyScheduleComesBack()
    {
        for (const config::Part& part : config::parts()) {
            for (const fields::Field& field : part.fields) {
                for (const fields::Choice& choice : part.key == "schedule" && field.key == "kind" ? field.choices : std::vector<fields::Choice>()) {
                    for (const char* program : {"trl", "axolotl", "llamafactory"}) {
                        config::RunConfig config;
                        need(config::setByKey(config, "schedule.kind", choice.id));
                        write("out.yaml", need(recipes::writeForeign(config, program)).text);
                        QCOMPARE(need(recipes::readForeign(at("out.yaml"), program)).config.schedule.kind, choice.id);
                    }
                }
            }
        }
    }

    void whatIsNotWrittenIsTold()
    {
        config::RunConfig config;
        config.method.kind = "bottleneck";
        config.run.probePrompts = {"Who?"};
        const auto exported = need(recipes::writeForeign(config, "trl"));
        const auto tells = [&](const std::string& key) { return std::any_of(exported.lost.begin(), exported.lost.end(), [&](const recipes::Lost& lost) { return lost.key == key; }); };
        QVERIFY(tells("method.kind") && tells("run.probe_prompts"));
        QVERIFY(!recipes::writeForeign(config, "peft").ok() && !recipes::writeForeign(config, "none").ok());
        write("odd.yaml", "colour: red\n");
        const auto odd = recipes::readForeign(at("odd.yaml"));
        QVERIFY(!odd.ok() && odd.message().find("odd.yaml") != std::string::npos);
    }

private:
    std::string at(const std::string& name) const { return m_folder.filePath(QString::fromStdString(name)).toStdString(); }

    void write(const std::string& name, const std::string& text)
    {
        need(base::makeDirectories(std::filesystem::path(at(name)).parent_path()));
        need(base::writeFileAtomically(at(name), text));
    }

    recipes::Imported read(const std::string& name, const std::string& text)
    {
        write(name, text);
        return need(recipes::readForeign(at(name)));
    }

    QTemporaryDir m_folder;
};

// Model, data, device and name stay out of a preset, and those of the recipe that takes it stay.
void TestForeign::presetsKeepTheWayAlone()
{
    const QTemporaryDir folder;
    const std::filesystem::path place = folder.path().toStdString();
    config::RunConfig way;
    way.model.path = "/models/one";
    way.data.train = {"/rows/one.jsonl"};
    way.data.maxLength = 77;
    way.run.name = "one";
    way.run.batchSize = 3;
    way.optimizer.learningRate = 3e-3;
    way.method.kind = "ia3";
    const auto saved = recipes::savePreset(recipes::presetsOf(place), "sure and slow", way);
    QVERIFY2(saved.ok(), saved.ok() ? "" : saved.message().c_str());
    const auto text = base::readFile(saved->file);
    QVERIFY(text.ok() && text->find("/models/one") == std::string::npos && text->find("/rows/one") == std::string::npos);
    const auto preset = recipes::readPreset("sure and slow", place);
    QVERIFY(preset.ok());
    config::RunConfig own;
    own.model.path = "/models/two";
    own.data.train = {"/rows/two.jsonl"};
    own.data.format = "chat";
    own.run.name = "two";
    const auto taken = recipes::withPreset(own, *preset);
    std::set<std::string> changed;
    for (const auto& row : config::difference(own, taken)) {
        changed.insert(row.key);
    }
    QCOMPARE(changed, (std::set<std::string>{"data.max_length", "method.kind", "optimizer.learning_rate", "run.batch_size"}));
    QVERIFY(config::difference(taken, recipes::withPreset(taken, *preset)).empty());
}

void TestForeign::presetsByName()
{
    const QTemporaryDir folder;
    qputenv("XDG_DATA_HOME", folder.filePath(QStringLiteral("own")).toUtf8());
    const std::filesystem::path project = folder.filePath(QStringLiteral("project")).toStdString();
    config::RunConfig way;
    way.run.batchSize = 3;
    QVERIFY(recipes::savePreset(recipes::personalPresets(), "both", way).ok());
    QVERIFY(recipes::savePreset(recipes::personalPresets(), "a", way).ok());
    way.run.batchSize = 5;
    QVERIFY(recipes::savePreset(recipes::presetsOf(project), "both", way).ok());
    const auto all = recipes::listPresets(project);
    QCOMPARE(all.size(), std::size_t{2});
    QVERIFY(all[0].name == "a" && !all[0].isOfProject && all[1].name == "both" && all[1].isOfProject);
    QCOMPARE(recipes::readPreset("both", project)->run.batchSize, 5); // the project's first
    QCOMPARE(recipes::readPreset("both", {})->run.batchSize, 3);
    for (const char* name : {"", "../x", "a/b", ".hidden", "two\nlines"}) {
        QVERIFY2(!recipes::savePreset(recipes::presetsOf(project), name, way).ok(), name);
    }
    QVERIFY(recipes::removePreset(all[1]).ok());
    QCOMPARE(recipes::readPreset("both", project)->run.batchSize, 3);
    QVERIFY(recipes::readPreset("c", project).message().find("a, both") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestForeign)
#include "tst_foreign.moc"
