// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_contest.h"

#include "core/evaluation/rough_time.h"
#include "core/train/checkpoint_result.h"
#include "ui/base/window_sentence.h"
#include "ui/bridge/job.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kDeliverMs = 33;
constexpr double kTwoCopiesLimit = 800e6; // bytes of a model's files; above that a second copy is too much memory

double bytesOf(const std::filesystem::path& model)
{
    std::error_code code;
    if (std::filesystem::is_regular_file(model, code)) {
        return static_cast<double>(std::filesystem::file_size(model, code));
    }
    double bytes = 0;
    for (std::filesystem::directory_iterator it(model, code), end; !code && it != end; it.increment(code)) {
        bytes += it->path().extension() == ".safetensors" ? static_cast<double>(it->file_size(code)) : 0;
    }
    return bytes;
}

// What decides which session answers; weights do not.
std::string keyOf(const Answerer& answerer, const QString& device)
{
    return (answerer.model + u'\n' + answerer.adapters.join(u'\n') + u'\n' + (answerer.adapters.isEmpty() ? answerer.speaksAs.join(u'\n') : QString()) + u'\n' + answerer.run + u'\n'
            + QString::number(answerer.step) + u'\n' + device)
        .toStdString();
}

Result<std::vector<data::Message>> askedBy(const Answerer& answerer, const std::vector<data::Message>& messages)
{
    const auto shots = answerer.shotsFor ? answerer.shotsFor(messages) : Result<std::vector<data::Message>>(std::vector<data::Message>());
    if (!shots) {
        return shots.error();
    }
    std::vector<data::Message> asked;
    std::string system = answerer.system.trimmed().toStdString();
    auto rest = messages.begin();
    if (rest != messages.end() && rest->role == "system") {
        system += (system.empty() ? "" : "\n\n") + rest->content;
        ++rest;
    }
    if (!system.empty()) {
        asked.push_back({"system", system, {}});
    }
    asked.insert(asked.end(), shots->begin(), shots->end());
    asked.insert(asked.end(), rest, messages.end());
    return asked;
}

// Without adapters of its own: the base answers.
bool isBase(const Answerer& answerer)
{
    return answerer.adapters.isEmpty() && answerer.run.isEmpty();
}

// Whose session the answerer can use: of the base one that has adapters over it, rather that whose words it speaks.
const Answerer& hostOf(const Answerer& answerer, const std::vector<Answerer>& all)
{
    if (!isBase(answerer)) {
        return answerer;
    }
    const Answerer* host = &answerer;
    for (const Answerer& one : all) {
        const bool isOver = one.model == answerer.model && !one.adapters.isEmpty();
        if (isOver && (host == &answerer || (host->adapters != answerer.speaksAs && one.adapters == answerer.speaksAs))) {
            host = &one;
        }
    }
    return *host;
}

} // namespace

// Threads: any.
class CompareContest::Sessions {
public:
    using Opened = Result<std::shared_ptr<inference::Session>>;

    Opened open(const Answerer& asked, const QString& device)
    {
        const std::string key = keyOf(asked, device);
        std::shared_ptr<Place> place;
        {
            const std::lock_guard lock(m_mutex);
            auto& found = m_places[key];
            found = found ? found : std::make_shared<Place>();
            place = found;
        }
        const std::lock_guard lock(place->mutex); // a second one waits until the first has opened it
        if (!place->session) {
            auto opened = openNow(asked, device);
            if (!opened) {
                return opened;
            }
            place->session = *opened;
        }
        return place->session;
    }

    // What none of these needs is let go.
    void keepOnly(const std::vector<Answerer>& wanted, const std::vector<Answerer>& hosts, const QString& device)
    {
        std::set<std::string> keys;
        for (const auto* some : {&wanted, &hosts}) {
            for (const Answerer& answerer : *some) {
                keys.insert(keyOf(answerer, device));
            }
        }
        const std::lock_guard lock(m_mutex);
        std::erase_if(m_places, [&](const auto& place) { return !keys.contains(place.first); });
    }

    bool has(const std::vector<Answerer>& wanted, const std::vector<Answerer>& hosts, const QString& device)
    {
        const std::lock_guard lock(m_mutex);
        const auto isOpen = [&](const Answerer& answerer) { return m_places.contains(keyOf(answerer, device)); };
        return std::equal(wanted.begin(), wanted.end(), hosts.begin(), hosts.end(), [&](const Answerer& one, const Answerer& host) { return isOpen(one) || isOpen(host); });
    }

private:
    struct Place {
        std::mutex mutex;
        std::shared_ptr<inference::Session> session; // guarded
    };

    static Opened openNow(const Answerer& answerer, const QString& device)
    {
        inference::ModelSpec spec;
        spec.path = answerer.model.toStdString();
        spec.device = device.toStdString();
        for (const QString& path : answerer.adapters) {
            spec.adapters.push_back({path.toStdString(), 1});
        }
        if (!answerer.run.isEmpty()) {
            const auto made = train::resultOfCheckpoint(answerer.run.toStdString(), answerer.step);
            if (!made) {
                return made.error();
            }
            std::error_code code;
            if (std::filesystem::exists(*made / "adapter_config.json", code)) {
                spec.adapters = {{*made, 1}};
            } else {
                spec.path = *made;
            }
        }
        if (spec.adapters.empty()) {
            for (const QString& path : answerer.speaksAs) {
                spec.speaksAs.push_back(path.toStdString()); // all are asked in the same words
            }
        }
        return inference::Session::open(spec);
    }

    std::mutex m_mutex;
    std::map<std::string, std::shared_ptr<Place>> m_places; // guarded
};

struct CompareContest::Pieces {
    std::mutex mutex;
    std::string text;         // guarded by mutex
    std::optional<Said> said; // guarded; it has ended, others of its batch may not

    void end(Said what)
    {
        const std::lock_guard lock(mutex);
        said = std::move(what);
    }
    std::optional<Said> takeEnd()
    {
        const std::lock_guard lock(mutex);
        return std::exchange(said, std::nullopt);
    }
    void add(const std::string& piece)
    {
        const std::lock_guard lock(mutex);
        text += piece;
    }
    QString take()
    {
        const std::lock_guard lock(mutex);
        return QString::fromStdString(std::exchange(text, {}));
    }
};

CompareContest::CompareContest(QObject* parent) : QObject(parent), m_sessions(std::make_shared<Sessions>())
{
    m_deliver.setInterval(kDeliverMs);
    connect(&m_deliver, &QTimer::timeout, this, &CompareContest::deliver);
}

CompareContest::~CompareContest()
{
    stop();
}

std::shared_ptr<inference::Session> CompareContest::session(int side) const
{
    return side >= 0 && side < numSides() ? m_sides[static_cast<std::size_t>(side)].session : nullptr;
}

bool CompareContest::usesAdapters(int side) const
{
    return !isBase(m_sides[static_cast<std::size_t>(side)].answerer);
}

void CompareContest::start(std::vector<Answerer> answerers, const QString& device, const std::vector<data::Message>& messages, const inference::Sampling& sampling)
{
    if (isRunning() || answerers.empty()) {
        return;
    }
    m_device = device;
    const bool oneBatch = m_oneBatch.value_or(evaluation::mayBeCard(device.toStdString()));
    std::vector<Answerer> hosts;
    for (const Answerer& answerer : answerers) {
        hosts.push_back(hostOf(answerer, answerers));
    }
    if (!m_sessions->has(answerers, hosts, device)) {
        Q_EMIT stageChanged(tr("Loading the model\u2026"));
    } else {
        Q_EMIT stageChanged({});
    }
    m_sessions->keepOnly(answerers, hosts, device);
    m_sides.clear();
    for (Answerer& answerer : answerers) {
        m_sides.push_back({std::move(answerer), {}, std::make_shared<Pieces>(), nullptr, {}});
    }
    m_numRunning = numSides();
    m_deliver.start();
    std::map<std::tuple<std::string, std::vector<double>, int>, std::vector<int>> batches;
    for (int side = 0; side < numSides(); ++side) {
        const Answerer& host = hosts[static_cast<std::size_t>(side)];
        batches[{keyOf(host, device), host.weights, oneBatch ? 0 : side}].push_back(side);
    }
    for (const auto& [key, sides] : batches) {
        beginSides(hosts[static_cast<std::size_t>(sides.front())], oneBatch, sides, messages, sampling);
    }
}

void CompareContest::beginSides(const Answerer& joined, bool oneBatch, const std::vector<int>& sides, const std::vector<data::Message>& messages, const inference::Sampling& sampling)
{
    struct Asked {
        Answerer answerer;
        std::shared_ptr<Pieces> pieces;
        base::CancelToken cancel;
    };
    std::vector<Asked> batch;
    for (const int side : sides) {
        const Side& at = m_sides[static_cast<std::size_t>(side)];
        batch.push_back({at.answerer, at.pieces, at.cancel});
    }
    // What each came to is told as it ends.
    const auto work = [sessions = m_sessions, all = std::move(batch), joined, oneBatch, device = m_device, messages, sampling] {
        std::vector<Asked> batch = all;
        // Alone it has a copy of its own, unless that is too large.
        const Answerer& own = batch.front().answerer;
        const Answerer host = oneBatch || bytesOf(own.model.toStdString()) > kTwoCopiesLimit ? joined : own;
        auto opened = sessions->open(host, device);
        if (!opened && !isBase(host)) { // the base answers all the same
            for (const Asked& asked : all) {
                if (!isBase(asked.answerer)) {
                    asked.pieces->end({opened.error(), nullptr, -1});
                }
            }
            std::erase_if(batch, [](const Asked& asked) { return !isBase(asked.answerer); });
            opened = batch.empty() ? opened : sessions->open(batch.front().answerer, device);
        }
        auto ready = opened ? Result<void>() : Result<void>(opened.error());
        const auto session = opened ? *opened : nullptr;
        if (ready && batch.size() == all.size() && !host.weights.empty()) {
            ready = session->setAdapterWeights(host.weights);
        }
        std::vector<inference::BatchRequest> requests;
        std::vector<std::size_t> places; // in the batch, of each request
        std::vector<double> firstSeconds(batch.size(), -1);
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (ready && batch[i].cancel.isCancelled()) {
                batch[i].pieces->end({inference::Generation{{}, {}, {}, "cancel"}, session, -1});
                continue;
            }
            const auto asked = ready ? askedBy(batch[i].answerer, messages) : Result<std::vector<data::Message>>(ready.error());
            auto ids = asked ? session->encoder().encodePrompt(*asked) : Result<std::vector<text::TokenId>>(asked.error());
            if (!ids) {
                batch[i].pieces->end({ids.error(), session, -1});
                continue;
            }
            const auto onPiece = [pieces = batch[i].pieces, &seconds = firstSeconds[i], begin](const std::string& piece) {
                seconds = seconds < 0 ? std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() : seconds;
                pieces->add(piece);
            };
            requests.push_back({std::move(*ids), sampling, onPiece, batch[i].cancel, isBase(batch[i].answerer)});
            places.push_back(i);
        }
        const auto ofBase = std::count_if(requests.begin(), requests.end(), [](const auto& request) { return request.baseOnly; });
        const auto count = static_cast<std::ptrdiff_t>(requests.size());
        const bool isApart = session && ofBase > 0 && ofBase < count && !session->mixesBase();
        const auto said = [&](std::size_t request, Result<inference::Generation> generation, bool inBatch) {
            const auto own = requests[request].baseOnly ? ofBase : count - ofBase;
            const auto together = !inBatch ? 1 : isApart ? own : count;
            batch[places[request]].pieces->end({std::move(generation), session, firstSeconds[places[request]], static_cast<int>(together), inBatch && isApart});
        };
        const auto alone = [&](std::size_t request) { // also where one of them stops all: it is known which
            inference::GenerateOptions options;
            options.sampling = sampling;
            options.useAdapters = !requests[request].baseOnly;
            options.cancel = requests[request].cancel;
            options.onPiece = requests[request].onPiece;
            said(request, session->generate(requests[request].promptIds, options), false);
        };
        std::vector<bool> isTold(requests.size(), false);
        if (requests.size() > 1) {
            inference::BatchOptions options;
            options.rows = static_cast<std::int64_t>(requests.size());
            options.onAnswer = [&](std::size_t request, const inference::Generation& answer) {
                isTold[request] = true;
                said(request, answer, true);
            };
            const auto answers = session->generateAll(requests, options);
            for (std::size_t request = 0; answers && request < requests.size(); ++request) { // stopped before its turn
                if (!isTold[request]) {
                    options.onAnswer(request, (*answers)[request]);
                }
            }
        }
        for (std::size_t request = 0; request < requests.size(); ++request) {
            if (!isTold[request]) {
                alone(request);
            }
        }
    };
    startJob(this, work, [this] { deliver(); });
}

void CompareContest::deliver()
{
    for (int side = 0; side < numSides(); ++side) {
        Side& at = m_sides[static_cast<std::size_t>(side)];
        const auto said = at.pieces->takeEnd(); // before its last pieces, which are there by then
        if (const QString piece = at.pieces->take(); !piece.isEmpty()) {
            at.answer.text += piece;
            Q_EMIT stageChanged({});
            Q_EMIT pieceArrived(side, piece);
        }
        if (said && !at.hasEnded) {
            endSide(side, *said);
        }
    }
    if (m_numRunning == 0 && m_deliver.isActive()) {
        m_deliver.stop();
        Q_EMIT finished();
    }
}

void CompareContest::endSide(int side, const Said& said)
{
    Side& at = m_sides[static_cast<std::size_t>(side)];
    at.hasEnded = true;
    Answer& answer = at.answer;
    at.session = said.session;
    if (said.session) {
        const QString device = ui::deviceText(QString::fromStdString(said.session->describeDevice()));
        //: a device, and how many answers of the comparison were written together
        m_deviceText = said.isApart ? tr("%1; base and tuned one after the other: what this adapter adds cannot be switched off row by row").arg(device)
                       : said.together > 1 ? tr("%1, %Ln answer(s) in one batch", nullptr, said.together).arg(device)
                                           : device;
    }
    if (said.generation) {
        answer.text = QString::fromStdString(said.generation->text); // stop texts are not part of the answer
        answer.finish = QString::fromStdString(said.generation->finish);
        answer.tokensPerSecond = said.generation->tokensPerSecond;
        answer.numTokens = static_cast<qint64>(said.generation->ids.size());
        answer.promptIds = said.generation->promptIds;
        answer.ids = said.generation->ids;
        answer.firstTokenSeconds = said.firstTokenSeconds;
    } else {
        answer.problem = QString::fromStdString(said.generation.message());
    }
    --m_numRunning;
    Q_EMIT sideFinished(side);
}

void CompareContest::stop()
{
    for (Side& side : m_sides) {
        side.cancel.cancel();
    }
}

void CompareContest::stop(int side)
{
    if (side >= 0 && side < numSides()) {
        m_sides[static_cast<std::size_t>(side)].cancel.cancel();
    }
}

} // namespace luthier::ui
