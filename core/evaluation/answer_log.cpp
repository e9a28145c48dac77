// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/answer_log.h"

#include "core/base/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace luthier::evaluation {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAnswers = "answers.jsonl";
constexpr const char* kAsked = "asked.json";

Json toJson(const std::string& system, std::int64_t row, const Answer& answer)
{
    Json line{{"system", system}, {"row", row}, {"prediction", answer.prediction}, {"finish", answer.finish}};
    if (answer.confidence) {
        line["confidence"] = *answer.confidence;
    }
    if (answer.likelihood) {
        line["log_prob"] = answer.likelihood->logProb;
        line["tokens"] = answer.likelihood->tokens;
    }
    if (!answer.choices.empty()) {
        line["choices"] = answer.choices;
    }
    if (answer.reward) {
        line["reward"] = *answer.reward;
    }
    if (answer.isGreedy) {
        line["greedy"] = *answer.isGreedy;
    }
    if (answer.labelConfidence) {
        line["label"] = answer.label;
        line["label_confidence"] = *answer.labelConfidence;
    }
    if (!answer.problem.empty()) {
        line["problem"] = answer.problem;
    }
    return line;
}

Answer answerOf(const Json& line)
{
    Answer answer{line.at("prediction").get<std::string>(), line.at("finish").get<std::string>(), {}, {}, line.value("problem", std::string())};
    if (line.contains("confidence")) {
        answer.confidence = line.at("confidence").get<double>();
    }
    if (line.contains("log_prob")) {
        answer.likelihood = metrics::Likelihood{line.at("log_prob").get<double>(), line.at("tokens").get<std::int64_t>()};
    }
    if (line.contains("choices")) {
        answer.choices = line.at("choices").get<std::vector<double>>();
    }
    if (line.contains("reward")) {
        answer.reward = line.at("reward").get<double>();
    }
    if (line.contains("greedy")) {
        answer.isGreedy = line.at("greedy").get<bool>();
    }
    if (line.contains("label")) {
        answer.label = line.at("label").get<std::string>();
        answer.labelConfidence = line.at("label_confidence").get<double>();
    }
    return answer;
}

// Which setting differs first, for a sentence.
std::string differenceOf(const Json& before, const Json& now)
{
    for (const auto& [key, value] : now.items()) {
        if (!before.contains(key) || before[key] != value) {
            return "\"" + key + "\"";
        }
    }
    return "a setting";
}

} // namespace

// Appends whole lines; each is on its way to the disk before the next answer.
class AnswerLog::Sink {
public:
    Sink(int descriptor, fs::path path) : m_descriptor(descriptor), m_path(std::move(path)) {}
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    ~Sink()
    {
        ::fsync(m_descriptor);
        ::close(m_descriptor);
    }

    Result<void> write(std::string_view text)
    {
        while (!text.empty()) {
            const auto written = ::write(m_descriptor, text.data(), text.size());
            if (written < 0 && errno == EINTR) {
                continue;
            }
            if (written < 0) {
                return Error{m_path.string() + ": the answers cannot be kept (" + std::strerror(errno) + ")"};
            }
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        return {};
    }

private:
    int m_descriptor;
    fs::path m_path;
};

AnswerLog::AnswerLog() = default;
AnswerLog::AnswerLog(AnswerLog&&) noexcept = default;
AnswerLog& AnswerLog::operator=(AnswerLog&&) noexcept = default;
AnswerLog::~AnswerLog() = default;

Result<AnswerLog> AnswerLog::open(const fs::path& folder, const Json& asked)
{
    AnswerLog log;
    if (folder.empty()) {
        return log;
    }
    std::error_code code;
    if (fs::exists(folder / kAsked, code)) {
        const auto before = base::readJson(folder / kAsked);
        if (!before) {
            return before.error();
        }
        if (*before != asked) {
            return Error{folder.string() + ": an evaluation with another " + differenceOf(*before, asked)
                         + " lies there; its answers cannot be gone on with. Take another folder, or remove that one"};
        }
    } else if (fs::exists(folder / kAnswers, code)) {
        return Error{folder.string() + ": there are answers, but not what was asked (" + kAsked + " is missing); take another folder"};
    }
    if (auto made = base::makeDirectories(folder); !made) {
        return made.error();
    }
    const fs::path path = folder / kAnswers;
    std::string kept;
    if (fs::exists(path, code)) {
        const auto text = base::readFile(path);
        if (!text) {
            return text.error();
        }
        std::size_t begin = 0;
        for (auto end = text->find('\n'); end != std::string::npos; end = text->find('\n', begin)) {
            const auto line = base::parseJson(std::string_view(*text).substr(begin, end - begin));
            begin = end + 1;
            try {
                if (!line) {
                    throw std::runtime_error(line.message());
                }
                log.m_answers[{line->at("system").get<std::string>(), line->at("row").get<std::int64_t>()}] = answerOf(*line);
            } catch (const std::exception& problem) {
                return Error{path.string() + ": line " + std::to_string(std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(begin), '\n'))
                             + " is damaged (" + problem.what() + "); take another folder, or remove that line"};
            }
        }
        log.m_wasBrokenOff = begin < text->size();
        kept = text->substr(0, begin);
    }
    if (log.m_wasBrokenOff) {
        if (auto mended = base::writeFileAtomically(path, kept); !mended) {
            return mended.error();
        }
    }
    if (auto told = base::writeFileAtomically(folder / kAsked, base::dumpJson(asked, 2) + "\n"); !told) {
        return told.error();
    }
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return Error{path.string() + ": cannot be written (" + std::strerror(errno) + ")"};
    }
    log.m_sink = std::make_unique<Sink>(descriptor, path);
    return log;
}

const Answer* AnswerLog::find(const std::string& system, std::int64_t row) const
{
    const auto found = m_answers.find({system, row});
    return found == m_answers.end() ? nullptr : &found->second;
}

Result<void> AnswerLog::add(const std::string& system, std::int64_t row, const Answer& answer)
{
    m_answers[{system, row}] = answer;
    return m_sink ? m_sink->write(base::dumpJson(toJson(system, row, answer)) + "\n") : Result<void>();
}

} // namespace luthier::evaluation
