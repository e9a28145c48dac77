// SPDX-License-Identifier: GPL-3.0-or-later
// EvalRequest: what an evaluation is asked: who answers, which rows, what is measured. The window's page and `luthier eval` fill the same
// request, and evaluate() (evaluate.h) carries it out.
//
// Threads: plain values; free functions, any thread.
#pragma once

#include "core/evaluation/answering.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace luthier::evaluation {

// One of those that answer. The last of a request is compared with each before it.
struct EvalSystem {
    std::string id;    // kBase, kPrompted, kTuned, or any other word: in results and in the log
    std::string title; // for people
    std::filesystem::path model;
    std::vector<inference::AdapterSpec> adapters = {}; // empty: the model alone
    std::string system = {};                           // a system text before each question
    std::int64_t shots = 0;                            // examples before each question
    std::int64_t step = -1;                            // of the training that it stands for, where it is one of several of a run; -1: none
};

struct EvalRequest {
    std::vector<EvalSystem> systems;
    std::filesystem::path data;      // where the rows are from, for the record
    std::filesystem::path shotsFrom; // where the examples are from
    ShotChoice shotChoice = ShotChoice::Diverse;
    std::vector<const metrics::Metric*> metrics; // the first decides the verdict
    metrics::MetricSettings metricSettings;
    statistics::BootstrapSettings bootstrap;
    inference::Sampling sampling;
    std::int64_t batch = 16;
    bool isChat = true;
    std::filesystem::path rewardModel; // that scores the answers, for the metric reward; empty: none
    bool byLikelihood = false; // the answer is the likeliest of the labels that the references name
    bool bothWays = false;     // it is written, and the likeliest label is measured beside it
    std::string chatTemplate = "folder";
    std::string device = "auto";
    std::string dtype = "auto";
    bool foldSystem = false; // as inference::ModelSpec has it
    std::string groupBy = {};     // what rows are drawn together by, for the record: as EvalRowSettings has it; empty: by their question
    std::string rewardTrust = {}; // how far the reward model can be believed, a sentence: stands among the notes
    std::vector<std::int64_t> shotRows = {}; // by hand: the rows of shotsFrom that are shown, from 1
};

// Rows that stand for what the model could before, beside those that it is evaluated on.
struct GeneralSet {
    std::string name; // of its file
    std::filesystem::path path;
    EvalRows rows;
};

// Rows that a run learned from, among those that are asked.
struct TrainedOn {
    std::string name; // of the run: run "first"
    std::vector<std::int64_t> rows; // from 1
};
// "412 of 500 rows were trained on by run "first": ..."
std::string sentenceOf(const TrainedOn& trained, std::size_t asked);

// What the request's files hold.
struct EvalSets {
    EvalRows rows;
    std::shared_ptr<const data::Dataset> shots; // null: none are shown
    std::vector<GeneralSet> general;            // measured beside, for what was forgotten; empty: not
    std::vector<TrainedOn> trainedOn = {};      // said of the results
};

// Who is asked: base, base with a prompt where it is asked for, tuned where there is a tuned model.
struct UsualSystems {
    std::filesystem::path model;
    std::vector<inference::AdapterSpec> adapters = {}; // of the tuned model
    std::filesystem::path base = {};                   // where `model` is a whole tuned model
    std::string system = {};                           // of the base with a prompt
    std::int64_t shots = 0;

    bool isTuned() const { return !adapters.empty() || !base.empty(); }
    bool isPrompted() const { return !system.empty() || shots > 0; }
};
std::vector<EvalSystem> systemsOf(const UsualSystems& usual);

// Rows that lack what a metric needs (no reference, no choices) are left out and named before anybody is asked. Error: none is left.
Result<void> leaveOutUnmeasurable(const EvalRequest& request, EvalSets& sets);

// How the rows are answered. Error: labels are wanted and the references are none.
Result<AnsweringSettings> answeringOf(const EvalRequest& request, const std::vector<EvalRow>& rows);

// Everything that decides the answers, for the log. Error: an adapter's weights cannot be read.
Result<Json> askedOf(const EvalRequest& request, const EvalSets& sets, const AnsweringSettings& settings);

// Where the answers are kept: the first free number in `evaluations`, or the one that was begun with the same questions.
std::filesystem::path folderFor(const std::filesystem::path& evaluations, const Json& asked);

} // namespace luthier::evaluation
