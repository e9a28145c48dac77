// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_page.h"

#include "core/store/project.h"
#include "ui/base/local_files.h"
#include "ui/bridge/job.h"
#include "ui/models/data/data_losses.h"
#include "ui/pages/data/data_batch.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_overview.h"
#include "ui/pages/data/data_reader.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/data_table.h"
#include "ui/widgets/empty_state.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace luthier::ui {
DataPage::DataPage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_documents(new DataDocuments(this)), m_add(new QAction(tr("Add data\u2026"), this)),
      m_batch(new DataBatch), m_stack(new QStackedWidget), m_empty(new EmptyState), m_work(new QSplitter), m_sources(new DataSources),
      m_filters(new DataFilters), m_middle(new QStackedWidget), m_overview(new DataOverview), m_table(new DataTable), m_reader(new DataReader),
      m_openingView(new QWidget), m_openingText(new QLabel), m_openingBar(new QProgressBar), m_problem(new QLabel)
{
    setObjectName(QStringLiteral("dataPage"));
    setAcceptDrops(true);
    buildOpening();
    buildWork();
    buildActions();
    buildMaking();
    buildPasting();
    buildMapping();
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_work);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_batch);
    layout->addWidget(m_stack, 1);

    connect(m_empty, &EmptyState::triggered, this, &DataPage::openFileDialog);
    connect(m_empty, &EmptyState::secondTriggered, this, &DataPage::openBundledExample);
    connect(m_sources, &DataSources::addWanted, this, &DataPage::openFileDialog);
    connect(m_sources, &DataSources::removeWanted, this, &DataPage::removeSource);
    connect(m_sources, &DataSources::sourceChosen, this, &DataPage::showSource);
    connect(m_sources, &DataSources::formatChosen, this, &DataPage::chooseFormat);
    connect(m_filters, &DataFilters::filterChosen, m_table, &DataTable::setFilter);
    connect(m_table, &DataTable::filterChanged, m_filters, &DataFilters::setFilter);
    connect(m_overview, &DataOverview::rowsWanted, m_table, &DataTable::showRows);
    connect(m_filters, &DataFilters::versionsWanted, this, &DataPage::showVersions);
    connect(m_filters, &DataFilters::mapWanted, this, &DataPage::showMap);
    connect(m_table, &DataTable::clustersWanted, this, &DataPage::showClusters);
    connect(m_table->search(), &DataSearch::replaceWanted, this, &DataPage::showReplace);
    connect(m_batch, &DataBatch::rowsFound, this, &DataPage::showBatch);
    connect(m_documents, &DataDocuments::wanted, this, &DataPage::openForStep);
    connect(m_table, &DataTable::currentRowChanged, m_reader, &DataReader::showRow);
    connect(m_table, &DataTable::activated, m_reader, &DataReader::editFirstField);
    connect(m_add, &QAction::triggered, this, &DataPage::openFileDialog);
    connect(&m_workspace, &Workspace::projectChanged, this, &DataPage::onProjectChanged);
    connect(&m_workspace, &Workspace::modelPathChanged, this, &DataPage::loadEncoder);
    connect(&m_workspace, &Workspace::lengthChanged, this, &DataPage::takeLimit);
    connect(m_overview, &DataOverview::limitChosen, &m_workspace, &Workspace::lengthChosen);
    reloadSources(0);
    loadEncoder();
}

DataPage::~DataPage()
{
    m_cancelOpening.cancel();
}

// Documents hold the project they save to, and the undo stack that names them was cleared.
void DataPage::onProjectChanged()
{
    showDocument(nullptr);
    m_batch->cancel();
    m_wantedRows = {};
    m_cancelOpening.cancel();
    ++m_opening;
    m_source = {};
    m_documents->clear();
    reloadSources(0);
    restoreSteps();
    readLimit();
    if (!m_waiting.isEmpty()) {
        openFiles(std::exchange(m_waiting, {}));
    }
}

void DataPage::loadEncoder()
{
    const auto work = [folder = m_workspace.modelPath().toStdString()] { return data::Encoder::load(folder); };
    startJob(this, work, [this, folder = m_workspace.modelPath()](const Result<data::Encoder>& encoder) {
        if (folder != m_workspace.modelPath()) {
            return;
        }
        m_encoder = encoder ? *encoder : data::Encoder{};
        m_encoderNote = encoder ? tr("tokens of %1").arg(QFileInfo(folder).fileName()) : QString::fromStdString(encoder.message());
        m_documents->forEach([this](DataDocument& document) { document.setEncoder(m_encoder, document.encodingSettings()); });
        m_reader->setEncoderNote(m_encoderNote); // reads the row again, with the documents' new encoder
    });
}

void DataPage::showSource(std::int64_t id)
{
    const auto at = std::find_if(m_items.begin(), m_items.end(), [id](const SourceItem& item) { return item.id == id; });
    if (at == m_items.end()) {
        return;
    }
    m_source = *at;
    if (DataDocument* known = m_documents->find(m_source.path)) {
        m_cancelOpening.cancel();
        ++m_opening;
        showDocument(known);
    } else {
        openDocument(m_source);
    }
}

void DataPage::openDocument(const SourceItem& source)
{
    m_cancelOpening.cancel();
    m_cancelOpening = {};
    showDocument(nullptr);
    m_problem->clear();
    m_openingText->setText(tr("Reading %1\u2026").arg(QFileInfo(source.path).fileName()));
    m_openingText->show();
    m_openingBar->setRange(0, 0);
    m_openingBar->show();
    m_middle->setCurrentWidget(m_openingView);
    const auto work = [project = m_workspace.project(), source, cancel = m_cancelOpening] {
        return DataDocuments::open(project.get(), source.path, source.format, cancel);
    };
    startJob(this, work, [this, source, number = ++m_opening](const Result<DataDocument::Opened>& opened) {
        if (number == m_opening) {
            takeDocument(source, opened);
        }
    });
}

void DataPage::takeDocument(const SourceItem& source, const Result<DataDocument::Opened>& opened)
{
    if (!opened) {
        showProblem(QString::fromStdString(opened.message()));
        offerColumns(source);
        return;
    }
    if (DataDocument* known = m_documents->find(source.path)) {
        known->replace(*opened); // read in another shape; the undo steps still know it
        showDocument(known);
        return;
    }
    auto document = std::make_unique<DataDocument>(*opened, m_workspace.project());
    DataDocument* shown = document.get();
    watch(shown);
    shown->setEncoder(m_encoder, m_encoding);
    showDocument(shown);
    m_documents->add(std::move(document)); // shown before: a step that waited for it shows its row
}

void DataPage::showDocument(DataDocument* document)
{
    m_document = document;
    m_reader->setDocument(document);
    m_table->setDocument(document);
    m_filters->setDocument(document);
    m_overview->setDocument(document);
    if (document == nullptr) {
        m_sources->setFormat({}, {});
    } else {
        m_middle->setCurrentIndex(0);
        m_sources->setFormat(m_source.format, QString::fromStdString(document->dataset()->format().id));
        m_reader->showRow(m_table->currentRow());
    }
    showWantedRows();
    Q_EMIT documentChanged();
}

void DataPage::showProblem(const QString& sentence)
{
    m_openingText->hide();
    m_openingBar->hide();
    m_problem->setText(sentence);
    m_middle->setCurrentWidget(m_openingView);
    // The way out of a wrongly read file is its shape.
    m_sources->setFormat(m_source.format, {});
}

// A run may have measured the rows since.
void DataPage::showEvent(QShowEvent* event)
{
    Page::showEvent(event);
    if (m_document != nullptr) {
        m_document->losses()->load();
    }
}

void DataPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (!localFiles(event->mimeData()).isEmpty()) {
        event->acceptProposedAction();
    }
}

void DataPage::dropEvent(QDropEvent* event)
{
    openFiles(localFiles(event->mimeData()));
    event->acceptProposedAction();
}

} // namespace luthier::ui
