// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/adapters/adapters_page.h"
#include "ui/pages/chat/chat_page.h"
#include "ui/pages/compare/compare_page.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/evaluate/evaluate_page.h"
#include "ui/pages/judge/judge_page.h"
#include "ui/pages/models/models_page.h"
#include "ui/pages/page_help.h"
#include "ui/pages/pages.h"
#include "ui/pages/pipeline/pipeline_page.h"
#include "ui/pages/rollouts/rollouts_page.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/pages/tune/tune_page.h"

#include <QCoreApplication>

#include <array>

namespace luthier::ui {
namespace {

template <class T>
Page* make(Workspace& workspace, QWidget* parent)
{
    return new T(workspace, parent);
}

constexpr int kDigits = 9; // keys from 1 on

} // namespace

QKeySequence pageKey(int place)
{
    if (place <= kDigits) {
        return {Qt::CTRL | static_cast<Qt::Key>(place < kDigits ? Qt::Key_1 + place : Qt::Key_0)};
    }
    return {Qt::ALT | static_cast<Qt::Key>(Qt::Key_1 + place - kDigits - 1)}; // short enough to stand beside the name
}

std::span<const PageRow> pages()
{
    static const std::array table{
        PageRow{"data", QT_TRANSLATE_NOOP("Page", "Data"),
                QT_TRANSLATE_NOOP("Page", "What the model will learn from, row by row"), "table-2", &make<DataPage>, help::kData},
        PageRow{"models", QT_TRANSLATE_NOOP("Page", "Models"),
                QT_TRANSLATE_NOOP("Page", "What is on this machine, and what the hub has"), "box", &make<ModelsPage>, help::kModels},
        PageRow{"tune", QT_TRANSLATE_NOOP("Page", "Tune"),
                QT_TRANSLATE_NOOP("Page", "This model, this data, this way"), "sliders-horizontal", &make<TunePage>, help::kTune},
        PageRow{"runs", QT_TRANSLATE_NOOP("Page", "Runs"),
                QT_TRANSLATE_NOOP("Page", "What is being learned, and what was"), "chart-spline", &make<RunsPage>, help::kRuns},
        PageRow{"compare", QT_TRANSLATE_NOOP("Page", "Compare"),
                QT_TRANSLATE_NOOP("Page", "Base and tuned model answer the same prompt"), "columns-2", &make<ComparePage>, help::kCompare},
        PageRow{"chat", QT_TRANSLATE_NOOP("Page", "Chat"),
                QT_TRANSLATE_NOOP("Page", "Talk to a model, tuned or not, over several turns"), "message-square", &make<ChatPage>, help::kChat},
        PageRow{"evaluate", QT_TRANSLATE_NOOP("Page", "Evaluate"),
                QT_TRANSLATE_NOOP("Page", "Whether it helped, on rows that it never learned from"), "list-checks", &make<EvaluatePage>, help::kEvaluate},
        PageRow{"judge", QT_TRANSLATE_NOOP("Page", "Judge"),
                QT_TRANSLATE_NOOP("Page", "Two answers, their makers hidden: which is better?"), "scale", &make<JudgePage>, help::kJudge},
        PageRow{"adapters", QT_TRANSLATE_NOOP("Page", "Adapters"),
                QT_TRANSLATE_NOOP("Page", "What was learned, to keep, combine and carry elsewhere"), "layers", &make<AdaptersPage>, help::kAdapters},
        PageRow{"rollouts", QT_TRANSLATE_NOOP("Page", "Answers"),
                QT_TRANSLATE_NOOP("Page", "What a model answered while it learned from its answers, and what that earned"), "messages-square", &make<RolloutsPage>, help::kRollouts},
        PageRow{"pipeline", QT_TRANSLATE_NOOP("Page", "Pipeline"),
                QT_TRANSLATE_NOOP("Page", "From preferences to a model, stage by stage"), "route", &make<PipelinePage>, help::kPipeline},
    };
    return table;
}

} // namespace luthier::ui
