// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page and files whose columns have names of their own: asked for once, kept with the file.
#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/pages/data/data_mapping.h"
#include "ui/pages/data/data_page.h"
#include "ui/workspace/workspace.h"

#include <QFileInfo>
#include <QStackedWidget>

namespace luthier::ui {

void DataPage::buildMapping()
{
    m_mapping = new DataMapping;
    m_middle->addWidget(m_mapping);
    connect(m_mapping, &DataMapping::accepted, this, &DataPage::keepColumns);
}

// The file could not be read: where it has columns at all, a person can say what they are.
void DataPage::offerColumns(const SourceItem& source)
{
    const auto work = [path = source.path.toStdString(), cancel = m_cancelOpening] { return data::Dataset::sample(path, {}, cancel); };
    startJob(this, work, [this, source, number = m_opening](const Result<std::vector<Json>>& rows) {
        if (number == m_opening && rows && !data::columnFacts(*rows).empty()) {
            m_mapping->setRows(QFileInfo(source.path).fileName(), *rows);
            m_middle->setCurrentWidget(m_mapping);
        }
    });
}

void DataPage::keepColumns()
{
    const auto work = [project = m_workspace.project(), path = m_source.path, columns = m_mapping->columns()] {
        return DataDocuments::keepColumns(*project, path, data::toTexts(columns));
    };
    startJob(this, work, [this, id = m_source.id](const Result<void>& kept) {
        if (!kept) {
            m_workspace.say(QString::fromStdString(kept.message()));
            return;
        }
        Q_EMIT m_workspace.sourcesChanged();
        if (id == m_source.id) {
            openDocument(m_source);
        }
    });
}

} // namespace luthier::ui
