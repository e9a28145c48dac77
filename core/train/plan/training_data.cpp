// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/plan/training_data.h"

#include "core/data/asked_columns.h"
#include "core/data/held_out_split.h"
#include "core/train/general_objective.h"
#include "core/train/plan/labels.h"
#include "core/train/plan/plan_cache.h"
#include "core/train/plan/windows.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace luthier::train {

namespace {

std::string counted(std::int64_t count, const char* one, const char* many)
{
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

void warn(std::vector<std::string>& warnings, const std::string& path, const EncodedRows& rows,
          const EncodeSettings& settings)
{
    const std::int64_t maxLength = settings.encoding.maxLength;
    const std::string file = std::filesystem::path(path).filename().string();
    if (rows.broken > 0) {
        warnings.push_back(file + ": " + counted(rows.broken, "row was", "rows were")
                           + " skipped because " + (rows.broken == 1 ? "it gives" : "they give") + " no example. First: " + rows.firstBroken);
    }
    if (rows.judgedBad > 0) {
        warnings.push_back(file + ": " + counted(rows.judgedBad, "row was", "rows were")
                           + " skipped because the answer is marked as bad, and this objective copies answers");
    }
    if (rows.emptyAnswers > 0) {
        warnings.push_back(file + ": " + counted(rows.emptyAnswers, "row was", "rows were")
                           + " skipped because the answer is empty; luthier data check names " + (rows.emptyAnswers == 1 ? "it" : "them"));
    }
    if (rows.unanswered > 0) {
        warnings.push_back(file + ": " + counted(rows.unanswered, "row was", "rows were")
                           + " skipped because no answer stands in " + (rows.unanswered == 1 ? "it" : "them") + "; luthier data check names the column that may be it");
    }
    const auto others = rows.nothingToLearn - rows.judgedBad - rows.emptyAnswers - rows.unanswered;
    if (others > 0 && settings.objective->layout == objectives::Layout::Windows) {
        warnings.push_back(file + ": " + counted(others, "text was", "texts were")
                           + " skipped because nothing stands in it. First: " + rows.firstNothing);
    } else if (others > 0) {
        warnings.push_back(file + ": " + counted(others, "row was", "rows were")
                           + " skipped because no answer is left to learn within "
                           + std::to_string(maxLength) + " tokens. First: " + rows.firstNothing
                           + "; raise data.max_length or shorten the prompt. Answers marked as not to be learned, and tool calls that the "
                             "chat template does not write, are none");
    }
    if (rows.truncated > 0) {
        warnings.push_back(file + ": " + counted(rows.truncated, "row was", "rows were") + " cut after "
                           + std::to_string(maxLength) + " tokens; raise data.max_length to learn their ends");
    }
}

// Asks before a file of which little can be read is taken for all that there is.
Result<void> checkShare(const std::string& path, const EncodedRows& rows, double mostBroken)
{
    const auto all = rows.broken + rows.nothingToLearn + static_cast<std::int64_t>(rows.items.size());
    const auto useless = rows.broken + rows.emptyAnswers;
    if (rows.items.isEmpty() || static_cast<double>(useless) <= mostBroken * static_cast<double>(all)) {
        return {}; // without any row the run says so itself
    }
    const std::string what = rows.emptyAnswers == 0 ? " give no example" : rows.broken == 0 ? " have an empty answer" : " give no example or have an empty answer";
    const std::string& first = rows.broken > 0 ? rows.firstBroken : rows.firstNothing;
    return Error{path + ": " + std::to_string(useless) + " of " + counted(all, "row", "rows")
                 + what + ". First: " + first + ". Mend the file, or set data.broken_share to 1 to learn from the other "
                 + counted(all - useless, "row", "rows") + " alone"};
}

// The file's sentences as warnings, or as an error where unread fields are refused.
Result<void> tellUnread(const UnreadOfFile& unread, const std::string& what, std::vector<std::string>& warnings)
{
    const std::string file = std::filesystem::path(unread.path).filename().string();
    const auto sentences = unread.report.sentences(false); // an id is nothing to be warned of
    if (what == "refuse" && (unread.report.hasLoud() || !unread.report.leftOut.empty())) {
        std::string all;
        for (const std::string& sentence : sentences) {
            all += (all.empty() ? "" : ". ") + sentence;
        }
        return Error{unread.path + ": " + all + ". Take the fields out of the file, map them (data.columns), or set data.unread to say or ignore"};
    }
    for (const std::string& sentence : sentences) {
        if (what != "ignore") {
            warnings.push_back(file + ": " + sentence);
        }
    }
    return {};
}

class Preparation {
public:
    explicit Preparation(const DataRequest& request) : m_request(request) {}

    Result<TrainingData> run();

private:
    Result<void> findObjective();
    Result<std::shared_ptr<const ReadFile>> read(const RunFile& file, const EncodeSettings& settings);
    EncodeSettings generalSettings(std::uint32_t file) const;
    EncodeSettings settingsFor(std::uint32_t file, std::int64_t limit) const;
    Result<void> readTrain();
    Result<void> readGeneral();
    void count(const EncodedRows& rows, const std::string& path);
    Result<void> nothingLeft() const; // says why
    Result<void> readHeldOut();
    Result<void> numberLabels();
    ItemStore withNumbers(const EncodedRows& rows, const std::string& path);
    void split();
    void join();
    Result<void> checkColumns() const;

    const DataRequest& m_request;
    const objectives::Objective* m_objective = nullptr;
    ItemStore m_items; // of all training files
    std::vector<std::string> m_labels; // of them, where they have some
    TrainingData m_data;
    struct {
        std::int64_t unanswered = 0;
        std::int64_t judgedBad = 0;
        std::int64_t emptyAnswers = 0;
        std::string firstNothing; // "rows.jsonl, row 12"
    } m_why;                      // the training rows that teach nothing do so
};

Result<void> Preparation::findObjective()
{
    m_objective = m_request.encode.objective;
    if (!m_objective) {
        auto found = objectives::needObjective(m_request.config.objective.kind);
        if (!found) {
            return found.error();
        }
        m_objective = *found;
    }
    m_items = m_data.train = m_data.heldOut = ItemStore(columnsOf(settingsFor(0, 0)));
    m_data.general = ItemStore(columnsOf(generalSettings(0)));
    return {};
}

EncodeSettings Preparation::settingsFor(std::uint32_t file, std::int64_t limit) const
{
    const config::DataSettings& data = m_request.config.data;
    EncodeSettings settings = m_request.encode;
    settings.objective = m_objective;
    settings.file = file;
    settings.limit = limit;
    settings.stratifyBy = data.stratifyBy;
    settings.weightBy = m_objective->takesWeights ? data.weightBy : std::string();
    settings.orderBy = data.order == "field" ? data.orderBy : std::string();
    return settings;
}

EncodeSettings Preparation::generalSettings(std::uint32_t file) const
{
    EncodeSettings settings = settingsFor(file, 0);
    settings.objective = &generalObjective(*m_objective);
    if (settings.objective != m_objective) {
        settings.weightBy.clear();
        settings.orderBy.clear();
    }
    return settings;
}

Result<std::shared_ptr<const ReadFile>> Preparation::read(const RunFile& file, const EncodeSettings& settings)
{
    const bool isKept = m_request.cache != nullptr && settings.objective == m_objective; // by the recipe, which names no other
    auto read = isKept ? m_request.cache->read(file, m_request.encoder, settings, m_request.config) : readFile(file, m_request.encoder, settings);
    if (!read) {
        return read;
    }
    warn(m_data.warnings, file.path, *(*read)->rows, settings);
    m_data.unread.push_back({file.path, (*read)->unread});
    const auto& data = m_request.config.data;
    auto asked = checkShare(file.path, *(*read)->rows, data.brokenShare);
    asked = asked ? tellUnread(m_data.unread.back(), data.unread, m_data.warnings) : asked;
    return asked ? read : Result<std::shared_ptr<const ReadFile>>(asked.error());
}

Result<void> Preparation::readTrain()
{
    const std::int64_t limit = m_request.config.data.limit;
    for (std::uint32_t number = 0; number < m_request.rows.train.size(); ++number) {
        const std::int64_t left = limit - static_cast<std::int64_t>(m_items.size());
        if (limit > 0 && left <= 0) {
            break;
        }
        const auto read = this->read(m_request.rows.train[number], settingsFor(number, limit > 0 ? left : 0));
        if (!read) {
            return read.error();
        }
        const EncodedRows& rows = *(*read)->rows;
        for (std::size_t i = 0; i < rows.items.size(); ++i) {
            m_items.append(rows.items, i);
        }
        m_labels.insert(m_labels.end(), rows.labels.begin(), rows.labels.end());
        count(rows, m_request.rows.train[number].path);
        m_data.files.push_back((*read)->dataset);
    }
    if (auto there = checkColumns(); !there) {
        return there;
    }
    return m_items.isEmpty() ? nothingLeft() : numberLabels();
}

// A mistyped name would leave its field empty in every row, and be learned so. One that some file lacks is no fault.
Result<void> Preparation::checkColumns() const
{
    const auto columns = data::parseColumns(m_request.config.data.columns);
    const std::vector<std::string> strata = m_request.config.data.stratifyBy.empty() ? std::vector<std::string>()
                                                                                     : std::vector<std::string>{m_request.config.data.stratifyBy};
    if (!columns || (columns->empty() && strata.empty())) {
        return {};
    }
    data::Columns wanted = *columns;
    for (const std::string& field : strata) {
        wanted.push_back({"data.stratify_by", field});
    }
    data::AskedColumns asked(std::move(wanted));
    for (const auto& file : m_data.files) {
        asked.look(*file);
    }
    const std::string problem = asked.problem();
    return problem.empty() ? Result<void>() : Error{"The training data: " + problem + "."};
}

Result<void> Preparation::numberLabels()
{
    if (!m_objective->labelled) {
        return {};
    }
    m_data.labels = sortedLabels(m_labels);
    if (m_data.labels.size() < 2) {
        return Error{"All rows of the training data have the label \"" + m_data.labels.front() + "\", so there is nothing to tell apart; add rows of another"};
    }
    std::vector<float> numbers;
    for (const std::string& label : m_labels) {
        numbers.push_back(static_cast<float>(numberOf(label, m_data.labels)));
    }
    m_items.setColumn(objectives::kLabelColumn, std::move(numbers));
    return {};
}

// Held-out rows by the numbers of the training data's labels; one that the training data does not have cannot be right.
ItemStore Preparation::withNumbers(const EncodedRows& rows, const std::string& path)
{
    std::vector<float> numbers;
    ItemStore known(columnsOf(settingsFor(0, 0)));
    std::int64_t strange = 0;
    for (std::size_t i = 0; i < rows.items.size(); ++i) {
        const std::int64_t number = numberOf(rows.labels[i], m_data.labels);
        if (number < 0) {
            ++strange;
            continue;
        }
        known.append(rows.items, i);
        numbers.push_back(static_cast<float>(number));
    }
    known.setColumn(objectives::kLabelColumn, std::move(numbers));
    if (strange > 0) {
        m_data.warnings.push_back(std::filesystem::path(path).filename().string() + ": " + counted(strange, "held-out row has", "held-out rows have")
                                  + " a label that no training row has; they are left out.");
    }
    return known;
}

void Preparation::count(const EncodedRows& rows, const std::string& path)
{
    m_data.broken += rows.broken;
    m_data.nothingToLearn += rows.nothingToLearn;
    m_data.skipped += rows.broken + rows.nothingToLearn;
    m_data.excluded += rows.excluded;
    m_data.truncated += rows.truncated;
    m_data.areTexts = m_data.areTexts || rows.areTexts;
    if (m_data.firstBroken.empty() && !rows.firstBroken.empty()) {
        m_data.firstBroken = std::filesystem::path(path).filename().string() + ", " + rows.firstBroken;
    }
    m_why.unanswered += rows.unanswered;
    m_why.judgedBad += rows.judgedBad;
    m_why.emptyAnswers += rows.emptyAnswers;
    if (m_why.firstNothing.empty() && !rows.firstNothing.empty()) {
        m_why.firstNothing = std::filesystem::path(path).filename().string() + ", " + rows.firstNothing;
    }
}

Result<void> Preparation::nothingLeft() const
{
    std::string why;
    const auto also = [&why](std::int64_t count, const char* one, const char* many) {
        why += count > 0 ? (why.empty() ? ": " : ", ") + counted(count, one, many) : std::string();
    };
    also(m_data.broken, "row gives no example", "rows give no example");
    also(m_why.unanswered, "row has no answer", "rows have no answer");
    also(m_why.judgedBad, "row is judged bad", "rows are judged bad");
    also(m_why.emptyAnswers, "row has an empty answer", "rows have an empty answer");
    also(m_data.nothingToLearn - m_why.unanswered - m_why.judgedBad - m_why.emptyAnswers, "row has no answer to learn within data.max_length tokens",
         "rows have no answer to learn within data.max_length tokens");
    also(m_data.excluded, "row is left out", "rows are left out");
    if (!m_data.firstBroken.empty()) {
        return Error{"There is no row to learn from in the training data" + why + "; the first is broken: " + m_data.firstBroken};
    }
    if (!m_why.firstNothing.empty()) {
        why += ". First: " + m_why.firstNothing;
    }
    for (const auto& file : m_data.files) { // what is read otherwise than it is meant has its cure there
        for (const std::string& note : m_why.unanswered > 0 ? file->notes() : std::vector<std::string>()) {
            why += ". " + file->path().filename().string() + ": " + note;
        }
    }
    return Error{"There is no row to learn from in the training data" + why + "."};
}

Result<void> Preparation::readHeldOut()
{
    const auto& files = m_request.rows.heldOut;
    for (std::uint32_t number = 0; number < files.size(); ++number) {
        const auto read = this->read(files[number], settingsFor(number, 0));
        if (!read) {
            return read.error();
        }
        const EncodedRows& rows = *(*read)->rows;
        const ItemStore items = m_objective->labelled ? withNumbers(rows, files[number].path) : rows.items;
        for (std::size_t i = 0; i < items.size(); ++i) {
            m_data.heldOut.append(items, i);
        }
        m_data.heldOutFiles.push_back((*read)->dataset);
    }
    return {};
}

// What the model should not forget: measured, and mixed into the training where a share of it is wanted. A row is one or the other.
Result<void> Preparation::readGeneral()
{
    constexpr std::uint64_t kMeasured = 10; // of mixed files every tenth row, by hash, is kept to measure
    const config::DataSettings& data = m_request.config.data;
    const auto wanted = static_cast<std::size_t>(std::llround(data.generalShare * static_cast<double>(m_data.train.size())));
    std::vector<std::pair<std::uint64_t, std::size_t>> mixable; // hash and place, so that the files' order does not matter
    ItemStore all(columnsOf(generalSettings(0)));
    for (const std::string& path : data.general) {
        const EncodeSettings settings = generalSettings(static_cast<std::uint32_t>(m_data.files.size()));
        const auto read = this->read({path, "auto", {}}, settings);
        if (!read) {
            return read.error();
        }
        const EncodedRows& rows = *(*read)->rows;
        const ItemStore items = settings.objective->labelled ? withNumbers(rows, path) : rows.items;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (wanted > 0 && items.item(i).hash % kMeasured != 0) {
                mixable.emplace_back(items.item(i).hash, all.size());
                all.append(items, i);
            } else {
                m_data.general.append(items, i);
            }
        }
        m_data.files.push_back((*read)->dataset);
    }
    std::sort(mixable.begin(), mixable.end());
    mixable.resize(std::min(mixable.size(), wanted));
    for (const auto& [hash, place] : mixable) {
        m_data.train.append(all, place);
    }
    m_data.mixedIn = static_cast<std::int64_t>(mixable.size());
    if (mixable.size() < wanted) {
        m_data.warnings.push_back("The general data has " + std::to_string(mixable.size()) + " rows to mix in, and data.general_share asks for "
                                  + std::to_string(wanted) + ".");
    }
    return {};
}

void Preparation::split()
{
    const auto& config = m_request.config;
    if (!m_request.rows.heldOut.empty() || config.data.heldOutShare <= 0) {
        m_data.train = std::move(m_items);
        return;
    }
    std::vector<std::uint64_t> natural; // made rows are like those they were made of: held out they would tell nothing
    std::vector<std::uint64_t> strata;
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        if (!m_items.item(i).synthetic) {
            natural.push_back(m_items.item(i).hash);
            strata.push_back(m_items.item(i).stratum);
        }
    }
    const auto held
        = data::holdOutByStratum(natural, strata, config.data.heldOutShare, static_cast<std::uint64_t>(config.run.seed));
    for (std::size_t i = 0, next = 0; i < m_items.size(); ++i) {
        const bool isHeld = !m_items.item(i).synthetic && held[next++];
        (isHeld ? m_data.heldOut : m_data.train).append(m_items, i);
        if (isHeld) {
            m_data.heldOutHashes.push_back(m_items.item(i).hash);
        }
    }
    m_items = {};
}

// Texts become windows once it is known which of them are held out.
void Preparation::join()
{
    const auto& config = m_request.config;
    const bool wantsShare = m_request.rows.heldOut.empty() && config.data.heldOutShare > 0;
    const bool isShort = wantsShare && m_data.heldOut.isEmpty();
    if (m_objective->layout == objectives::Layout::Windows) {
        const text::Tokenizer& tokenizer = *m_request.encoder.tokenizer;
        const auto mark = tokenizer.eos() ? tokenizer.eos() : tokenizer.bos();
        const std::int64_t length = m_request.encode.encoding.maxLength;
        m_data.train = joinedInWindows(m_data.train, length, mark);
        m_data.heldOut = joinedInWindows(m_data.heldOut, length, mark);
        m_data.general = joinedInWindows(m_data.general, length, mark);
        if (!tokenizer.eos()) {
            m_data.warnings.push_back("The tokenizer has no token for the end of a text, so one text runs on into the next.");
        }
        if (isShort && m_data.train.size() > 1) {
            m_data.heldOut = takeLastWindows(m_data.train, config.data.heldOutShare);
            m_data.warnings.push_back("The texts are too few to hold some out whole, so the last "
                                      + std::to_string(trainedOf(m_data.heldOut)) + " tokens are held out.");
            return;
        }
    }
    if (isShort) {
        m_data.warnings.push_back("The data has too few different rows to hold some out, so nothing measures "
                                  "progress; name a held-out file or raise data.held_out_share.");
    }
}

Result<TrainingData> Preparation::run()
{
    for (const auto step : {&Preparation::findObjective, &Preparation::readTrain}) {
        if (auto done = (this->*step)(); !done) {
            return done.error();
        }
    }
    split();
    for (const auto step : {&Preparation::readHeldOut, &Preparation::readGeneral}) {
        if (auto read = (this->*step)(); !read) {
            return read.error();
        }
    }
    join();
    return std::move(m_data);
}

} // namespace

Result<TrainingData> prepareData(const DataRequest& request)
{
    return Preparation(request).run();
}

} // namespace luthier::train
