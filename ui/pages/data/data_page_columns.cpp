// SPDX-License-Identifier: GPL-3.0-or-later
// The Data page and the columns of a file whose names are its own.
#include "ui/bridge/job.h"
#include "ui/models/library/source_files.h"
#include "ui/pages/data/data_mapping.h"
#include "ui/pages/data/data_page.h"
#include "ui/workspace/workspace.h"

#include <QFileInfo>
#include <QStackedWidget>

namespace luthier::ui {

// Where it has columns at all, a person can say what they are.
void DataPage::offerColumns()
{
    struct Sample {
        Result<std::vector<Json>> rows;
        data::Columns kept;
    };
    const auto work = [project = m_workspace.project(), path = m_source.path, cancel = m_cancelOpening] {
        const auto texts = project ? DataDocuments::columnsOf(*project, path) : std::vector<std::string>();
        const auto kept = texts ? data::parseColumns(*texts) : Result<data::Columns>(texts.error());
        return Sample{data::Dataset::sample(path.toStdString(), {}, cancel), kept ? *kept : data::Columns()}; // else chosen anew
    };
    startJob(this, work, [this, number = m_opening](const Sample& sample) {
        if (number == m_opening && sample.rows && !data::columnFacts(*sample.rows).empty()) {
            m_mapping->setRows(QFileInfo(m_source.path).fileName(), *sample.rows, sample.kept);
            m_middle->setCurrentWidget(m_mapping);
        }
    });
}

// Columns and the shape that they make, in one step.
void DataPage::keepColumns()
{
    const auto work = [project = m_workspace.project(), path = m_source.path, columns = m_mapping->columns()] {
        return DataDocuments::keepColumns(*project, path, data::toTexts(columns));
    };
    startJob(this, work, [this, source = m_source, format = m_mapping->format()](const Result<void>& kept) {
        if (!kept) {
            m_workspace.say(QString::fromStdString(kept.message()));
            return;
        }
        if (source.format != format) {
            m_files->setFormat(source, format); // opens it anew
            return;
        }
        Q_EMIT m_workspace.sourcesChanged();
        if (source.id == m_source.id) {
            openDocument();
        }
    });
}

} // namespace luthier::ui
