// SPDX-License-Identifier: GPL-3.0-or-later
// CompareContest: two contenders answer the same prompt with the same seed and settings, both streaming.
// Opens models when first needed and keeps them. Base and adapter of a small model get a session each, so that
// both write at once; a large model is held once and its contenders take turns.
//
// Threads: GUI thread only; models work in jobs, pieces are collected and told about thirty times a second.
#pragma once

#include "core/data/example.h"
#include "core/inference/session.h"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <array>
#include <memory>
#include <vector>

namespace luthier::ui {

struct Contenders {
    QString model;         // folder of the base
    QString tuned;         // adapter folder, or a model folder
    bool isAdapter = true; // false: `tuned` is a whole model
    QStringList blended = {};   // further adapters that answer together with it
    QString device = QStringLiteral("auto");
    bool operator==(const Contenders&) const = default;
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
        qint64 numTokens = 0;
    };

    explicit CompareContest(QObject* parent = nullptr);
    ~CompareContest() override;

    // How much the tuned adapter and each blended one count in answers that start from now on; empty: 1 each. Nothing is
    // loaded anew for it.
    void setWeights(std::vector<double> weights) { m_weights = std::move(weights); }
    void start(const Contenders& contenders, const std::vector<data::Message>& messages, const inference::Sampling& sampling);
    void stop();
    bool isRunning() const { return m_numRunning > 0 || m_isOpening; }
    const Answer& answer(int side) const { return m_sides[static_cast<std::size_t>(side)].answer; }
    QString deviceText() const { return m_deviceText; }

Q_SIGNALS:
    void stageChanged(const QString& stage); // "Loading the model..."; empty: answering
    void pieceArrived(int side, const QString& piece);
    void sideFinished(int side);
    void finished();
    void failed(const QString& sentence);

private:
    struct Pieces; // what the working thread wrote and the window has not shown
    struct Side {
        Answer answer;
        std::shared_ptr<Pieces> pieces;
    };
    struct Sessions {
        std::array<std::shared_ptr<inference::Session>, 2> sides;
        std::string problem;
    };

    static Sessions open(const Contenders& contenders);
    void begin(const std::vector<data::Message>& messages, const inference::Sampling& sampling);
    void beginSide(int side, const std::vector<data::Message>& messages, const inference::Sampling& sampling);
    void endSide(int side, const Result<inference::Generation>& generation);
    void deliver();

    Contenders m_contenders;
    std::vector<double> m_weights;
    Sessions m_sessions; // of m_contenders; empty: not open
    std::array<Side, 2> m_sides;
    base::CancelToken m_cancel;
    QTimer m_deliver;
    QString m_deviceText;
    int m_numRunning = 0;
    int m_generation = 0;
    bool m_isOpening = false;
};

} // namespace luthier::ui
