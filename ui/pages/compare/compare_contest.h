// SPDX-License-Identifier: GPL-3.0-or-later
// CompareContest: any number of contenders answer the same prompt with the same seed and settings, all streaming. Each opens its model when
// first needed and keeps it; one that cannot be opened says why and leaves the others. Of a small model every contender has a copy, so
// that all write at once; a large one is held once and those that answer with it take turns. On a card the base and what was tuned from it
// share a session and are answered in one batch, unless what the adapter adds cannot be switched off row by row (Session::mixesBase).
//
// Threads: GUI thread only; models work in jobs, pieces are collected and told about thirty times a second.
#pragma once

#include "core/data/example.h"
#include "core/inference/session.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace luthier::ui {

// One that answers.
struct Answerer {
    QString model;             // folder of the base, or of a whole tuned model
    QStringList adapters = {}; // that answer together over it; empty: the model alone
    std::vector<double> weights = {}; // of the adapters; empty: 1 each
    QStringList speaksAs = {}; // adapters whose words the model alone is asked in
    QString system = {};       // told before the prompt, with its own before it
    // Conversations that are shown before the question, one behind the other; called on the working thread. Empty: none.
    std::function<Result<std::vector<data::Message>>(const std::vector<data::Message>& messages)> shotsFor = {};
    QString run = {};          // folder of a run: its checkpoint of `step` answers instead of `adapters`
    qint64 step = -1;
};

class CompareContest : public QObject {
    Q_OBJECT

public:
    static constexpr int kBase = 0;
    static constexpr int kTuned = 1;

    struct Answer {
        QString text;
        QString finish; // stop, length, cancel; empty while it runs
        QString problem;
        double tokensPerSecond = 0;
        double firstTokenSeconds = -1; // negative: none came
        qint64 numTokens = 0;
        std::vector<text::TokenId> promptIds = {};
        std::vector<text::TokenId> ids = {};
    };

    explicit CompareContest(QObject* parent = nullptr);
    ~CompareContest() override;

    // Nothing is loaded anew for other weights, another system text or another prompt. Nothing while it runs.
    void start(std::vector<Answerer> answerers, const QString& device, const std::vector<data::Message>& messages, const inference::Sampling& sampling);
    // Usually on a card alone: on a processor one row at a time is quicker, and each is stopped by itself.
    void setOneBatch(bool on) { m_oneBatch = on; }
    void stop();         // all
    void stop(int side); // one; the others go on
    bool isRunning() const { return m_numRunning > 0; }
    int numSides() const { return static_cast<int>(m_sides.size()); }
    const Answer& answer(int side) const { return m_sides[static_cast<std::size_t>(side)].answer; }
    std::shared_ptr<inference::Session> session(int side) const; // null: it was not opened
    bool usesAdapters(int side) const;
    QString deviceText() const { return m_deviceText; } // and whether they were answered in one batch

Q_SIGNALS:
    void stageChanged(const QString& stage); // "Loading the model..."; empty: answering
    void pieceArrived(int side, const QString& piece);
    void sideFinished(int side);
    void finished();

private:
    class Sessions; // those that are open, for all sides
    struct Pieces;  // what the working thread wrote and the window has not shown
    struct Side {
        Answerer answerer;
        Answer answer;
        std::shared_ptr<Pieces> pieces;
        std::shared_ptr<inference::Session> session;
        base::CancelToken cancel;
        bool hasEnded = false;
    };
    struct Said {
        Result<inference::Generation> generation;
        std::shared_ptr<inference::Session> session;
        double firstTokenSeconds = -1;
        int together = 1; // answers of its batch
        bool isApart = false; // in a batch of its own, though base and tuned share the session
    };

    // Sides that the session of `joined` answers in one batch; or one side.
    void beginSides(const Answerer& joined, bool oneBatch, const std::vector<int>& sides, const std::vector<data::Message>& messages, const inference::Sampling& sampling);
    void endSide(int side, const Said& said);
    void deliver();

    std::shared_ptr<Sessions> m_sessions;
    std::vector<Side> m_sides;
    QTimer m_deliver;
    QString m_device;
    QString m_deviceText;
    int m_numRunning = 0;
    std::optional<bool> m_oneBatch;
};

} // namespace luthier::ui
