// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_contest.h"

#include "ui/bridge/job.h"

#include <mutex>
#include <utility>

namespace luthier::ui {
namespace {

constexpr int kDeliverMs = 33;
constexpr std::int64_t kTwoCopiesLimit = 400'000'000; // parameters; above that a second copy is too much memory

} // namespace

struct CompareContest::Pieces {
    std::mutex mutex;
    std::string text; // guarded by mutex

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

CompareContest::CompareContest(QObject* parent) : QObject(parent)
{
    m_deliver.setInterval(kDeliverMs);
    connect(&m_deliver, &QTimer::timeout, this, &CompareContest::deliver);
}

CompareContest::~CompareContest()
{
    m_cancel.cancel();
}

CompareContest::Sessions CompareContest::open(const Contenders& contenders)
{
    inference::ModelSpec base;
    base.path = contenders.model.toStdString();
    base.device = contenders.device.toStdString();
    inference::ModelSpec tuned = base;
    if (contenders.isAdapter) {
        tuned.adapters.push_back({contenders.tuned.toStdString(), 1});
        for (const QString& path : contenders.blended) {
            tuned.adapters.push_back({path.toStdString(), 1});
        }
        for (const inference::AdapterSpec& adapter : tuned.adapters) {
            base.speaksAs.push_back(adapter.path); // both are asked in the same words
        }
    } else {
        tuned.path = contenders.tuned.toStdString();
    }
    auto tunedSession = inference::Session::open(tuned);
    if (!tunedSession) {
        return {{}, tunedSession.message()};
    }
    if (contenders.isAdapter && (*tunedSession)->numParameters() > kTwoCopiesLimit) {
        return {{*tunedSession, *tunedSession}, {}};
    }
    auto baseSession = inference::Session::open(base);
    if (!baseSession) {
        return {{}, baseSession.message()};
    }
    return {{*baseSession, *tunedSession}, {}};
}

void CompareContest::start(const Contenders& contenders, const std::vector<data::Message>& messages,
                           const inference::Sampling& sampling)
{
    if (isRunning()) {
        return;
    }
    m_cancel = {};
    ++m_generation;
    m_sides = {};
    if (m_sessions.sides[kBase] && contenders == m_contenders) {
        begin(messages, sampling);
        return;
    }
    m_contenders = contenders;
    m_sessions = {};
    m_isOpening = true;
    Q_EMIT stageChanged(tr("Loading the model\u2026"));
    startJob(this, [contenders] { return open(contenders); },
             [this, messages, sampling, generation = m_generation](const Sessions& sessions) {
                 m_isOpening = false;
                 if (generation != m_generation) {
                     return;
                 }
                 if (!sessions.problem.empty()) {
                     Q_EMIT failed(QString::fromStdString(sessions.problem));
                     Q_EMIT finished();
                     return;
                 }
                 m_sessions = sessions;
                 m_deviceText = QString::fromStdString(sessions.sides[kTuned]->describeDevice());
                 if (m_cancel.isCancelled()) {
                     Q_EMIT finished();
                     return;
                 }
                 begin(messages, sampling);
             });
}

void CompareContest::begin(const std::vector<data::Message>& messages, const inference::Sampling& sampling)
{
    Q_EMIT stageChanged({});
    m_numRunning = 2;
    m_deliver.start();
    beginSide(kBase, messages, sampling);
    beginSide(kTuned, messages, sampling);
}

void CompareContest::beginSide(int side, const std::vector<data::Message>& messages, const inference::Sampling& sampling)
{
    auto pieces = std::make_shared<Pieces>();
    m_sides[static_cast<std::size_t>(side)].pieces = pieces;
    const auto session = m_sessions.sides[static_cast<std::size_t>(side)];
    const std::vector<double> weights = side == kTuned ? m_weights : std::vector<double>();
    const auto work = [session, messages, sampling, pieces, side, weights, cancel = m_cancel]() -> Result<inference::Generation> {
        if (!weights.empty()) {
            if (auto set = session->setAdapterWeights(weights); !set) {
                return set.error();
            }
        }
        const auto ids = session->encoder().encodePrompt(messages);
        if (!ids) {
            return ids.error();
        }
        inference::GenerateOptions options;
        options.sampling = sampling;
        options.useAdapters = side == kTuned;
        options.cancel = cancel;
        options.onPiece = [pieces](const std::string& piece) { pieces->add(piece); };
        return session->generate(*ids, options);
    };
    startJob(this, work, [this, side](const Result<inference::Generation>& generation) { endSide(side, generation); });
}

void CompareContest::deliver()
{
    for (int side : {kBase, kTuned}) {
        Side& at = m_sides[static_cast<std::size_t>(side)];
        const QString piece = at.pieces ? at.pieces->take() : QString();
        if (!piece.isEmpty()) {
            at.answer.text += piece;
            Q_EMIT pieceArrived(side, piece);
        }
    }
}

void CompareContest::endSide(int side, const Result<inference::Generation>& generation)
{
    deliver();
    Answer& answer = m_sides[static_cast<std::size_t>(side)].answer;
    if (generation) {
        answer.text = QString::fromStdString(generation->text); // stop texts are not part of the answer
        answer.finish = QString::fromStdString(generation->finish);
        answer.tokensPerSecond = generation->tokensPerSecond;
        answer.numTokens = static_cast<qint64>(generation->ids.size());
    } else {
        answer.problem = QString::fromStdString(generation.message());
    }
    --m_numRunning;
    Q_EMIT sideFinished(side);
    if (m_numRunning == 0) {
        m_deliver.stop();
        Q_EMIT finished();
    }
}

void CompareContest::stop()
{
    m_cancel.cancel();
}

} // namespace luthier::ui
