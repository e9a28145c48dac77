// SPDX-License-Identifier: GPL-3.0-or-later
// Where the person was on Compare: who stood against whom, what was asked, and what was answered to it.
#include "ui/pages/compare/compare_blend.h"
#include "ui/pages/compare/compare_choices.h"
#include "ui/pages/compare/compare_page.h"
#include "ui/widgets/prompt_box.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QFileInfo>

namespace luthier::ui {
namespace {

const QString kComparePlace = QStringLiteral("compare");

} // namespace

void ComparePage::forgetPlace()
{
    m_isPlaced = false;
    m_isListed = false;
    m_areColumnsRead = false;
    m_shown = {};
}

void ComparePage::keepPlace()
{
    if (!m_isPlaced) {
        return; // what is kept does not stand here yet
    }
    Comparison asked;
    asked.prompt = promptNow();
    m_workspace.places()->keep(kComparePlace, {{"base", m_choices->model().toStdString()},
                                               {"tuned", m_choices->tunedId().toStdString()},
                                               {"blend", m_blend->toJson()},
                                               {"asked", toJson(asked)},
                                               {"shown", m_shown}});
}

// Once the project's runs, its columns and its places are read, whichever comes last. A person who was quicker stays where they are.
void ComparePage::takePlace()
{
    if (m_isPlaced || !m_isListed || !m_areColumnsRead || !m_workspace.places()->isRead()) {
        return;
    }
    m_isPlaced = true;
    const Json place = m_workspace.places()->at(kComparePlace);
    const bool isElsewhere = m_wantedRun != 0 || m_asksFirst || m_contest->isRunning() || !m_promptText->toPlainText().isEmpty();
    if (!place.is_object() || isElsewhere) {
        keepPlace();
        return;
    }
    const QString tuned = textIn(place, "tuned");
    if (!tuned.isEmpty() && !m_choices->chooseTuned(tuned) && QFileInfo::exists(tuned)) {
        m_choices->openTunedFolder(tuned); // opened by hand
    }
    if (const QString base = textIn(place, "base"); QFileInfo::exists(base)) {
        m_choices->chooseModel(base);
    }
    m_blend->restore(place.value("blend", Json()));
    showContenders();
    if (const Json shown = place.value("shown", Json()); shown.is_object()) {
        showComparison(comparisonFromJson(shown));
    }
    showPrompt(comparisonFromJson(place.value("asked", Json())).prompt);
    keepPlace();
}

} // namespace luthier::ui
