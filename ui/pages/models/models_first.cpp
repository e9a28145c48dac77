// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models/models_first.h"

#include "core/hub/http.h"
#include "ui/models/library/downloads.h"
#include "ui/widgets/status_label.h"
#include "ui/workspace/model_library.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace luthier::ui {
namespace {

// Small enough to be tuned on a processor over a coffee, and free to use.
constexpr const char* kRepo = "HuggingFaceTB/SmolLM2-135M-Instruct";

} // namespace

ModelsFirst::ModelsFirst(ModelLibrary* library, Downloads* downloads, QWidget* parent)
    : Card(tr("A first real model"), parent), m_library(library), m_downloads(downloads), m_download(new QPushButton(tr("Download SmolLM2")))
{
    setObjectName(QStringLiteral("modelsFirst"));
    auto* text = new StatusLabel(tr("SmolLM2-135M-Instruct chats in English and tunes in minutes on two cores: 135 million "
                                    "parameters, 270 MB, Apache-2.0."),
                                 Token::TextQuiet);
    text->setWordWrap(true);
    m_download->setObjectName(QStringLiteral("downloadFirst"));
    m_download->setToolTip(tr("Downloads %1 from the hub into the cache that other programs share").arg(QLatin1String(kRepo)));
    auto* foot = new QHBoxLayout;
    foot->addStretch(1);
    foot->addWidget(m_download);
    body()->addWidget(text);
    body()->addLayout(foot);
    connect(m_download, &QPushButton::clicked, this, [this] { m_downloads->start(QLatin1String(kRepo)); });
    connect(m_library, &ModelLibrary::changed, this, &ModelsFirst::refresh);
    connect(m_downloads, &Downloads::listChanged, this, &ModelsFirst::refresh);
    refresh();
}

void ModelsFirst::refresh()
{
    const auto& models = m_library->models();
    const auto& items = m_downloads->items();
    const bool hasOther = std::any_of(models.begin(), models.end(), [](const hub::InstalledModel& model) {
        return model.source != hub::ModelSource::Bundled && model.problem.empty();
    });
    const bool comes = std::any_of(items.begin(), items.end(), [](const Downloads::Item& item) { return item.name == QLatin1String(kRepo); });
    setVisible(hub::hasHttp() && !models.empty() && !hasOther && !comes);
    m_download->setEnabled(!m_downloads->isOffline());
}

} // namespace luthier::ui
