// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/data/data_page.h"

#include "core/store/next_recipe.h"
#include "ui/base/local_files.h"
#include "ui/bridge/job.h"
#include "ui/dialogs/file_dialogs.h"
#include "ui/models/data/data_checkup.h"
#include "ui/models/data/data_losses.h"
#include "ui/models/data/data_step.h"
#include "ui/pages/data/data_batch.h"
#include "ui/pages/data/data_filters.h"
#include "ui/pages/data/data_mapping.h"
#include "ui/pages/data/data_overview.h"
#include "ui/pages/data/data_reader.h"
#include "ui/pages/data/data_search.h"
#include "ui/pages/data/data_sources.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/making/data_makings.h"
#include "ui/pages/data/opening_view.h"
#include "ui/pages/data/windows/data_clusters.h"
#include "ui/pages/data/windows/data_map.h"
#include "ui/pages/data/windows/data_replace.h"
#include "ui/pages/data/windows/data_versions.h"
#include "ui/widgets/empty_state.h"
#include "ui/workspace/places.h"
#include "ui/workspace/workspace.h"

#include <QAbstractButton>
#include <QAction>
#include <QClipboard>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QUndoStack>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace luthier::ui {
namespace {

constexpr std::int64_t kStepBytes = std::int64_t{32} << 20; // of earlier days kept for undo

} // namespace

// What it is made of.

DataPage::DataPage(Workspace& workspace, QWidget* parent)
    : Page(parent), m_workspace(workspace), m_files(new SourceFiles(workspace, this)), m_documents(new DataDocuments(this)),
      m_add(new QAction(tr("Add data\u2026"), this)), m_batch(new DataBatch), m_stack(new QStackedWidget), m_empty(new EmptyState),
      m_work(new QSplitter), m_sources(new DataSources), m_filters(new DataFilters), m_middle(new QStackedWidget), m_overview(new DataOverview),
      m_table(new DataTable), m_reader(new DataReader), m_openingView(new OpeningView), m_mapping(new DataMapping),
      m_makings(new DataMakings(workspace, *m_files, *m_table, *this))
{
    setObjectName(QStringLiteral("dataPage"));
    setAcceptDrops(true);
    buildWork();
    buildActions();
    buildPasting();
    addActions(m_makings->actions());
    m_table->setMaking(m_makings->actions());
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_work);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_batch);
    layout->addWidget(m_stack, 1);
    connectParts();
    setFirstControl(m_table->findChild<QTableView*>(QStringLiteral("rows")));
    m_files->list();
    loadEncoder();
}

DataPage::~DataPage()
{
    m_cancelOpening.cancel();
}

void DataPage::connectParts()
{
    connect(m_empty, &EmptyState::triggered, this, &DataPage::openFileDialog);
    connect(m_empty, &EmptyState::secondTriggered, this, &DataPage::openBundledExample);
    connect(m_add, &QAction::triggered, this, &DataPage::openFileDialog);
    connect(m_files, &SourceFiles::listed, this, &DataPage::onListed);
    connect(m_files, &SourceFiles::failed, this, [this](const QString& sentence) {
        m_stack->setCurrentWidget(m_work);
        showProblem(sentence);
    });
    connect(m_files, &SourceFiles::formatChanged, this, [this](const SourceItem& source) {
        m_source = source;
        openDocument();
    });
    connect(m_sources, &DataSources::addWanted, this, &DataPage::openFileDialog);
    connect(m_sources, &DataSources::removeWanted, m_files, &SourceFiles::remove);
    connect(m_sources, &DataSources::formatChosen, this, [this](const QString& id) { m_files->setFormat(m_source, id); });
    connect(m_sources, &DataSources::sourceChosen, this, [this](qint64 id) {
        if (const SourceItem* source = m_files->find(id)) {
            showSource(*source);
        }
    });
    connect(m_mapping, &DataMapping::accepted, this, &DataPage::keepColumns);
    connect(m_openingView, &OpeningView::removeWanted, this, [this] { m_files->remove(m_source.id); });
    connect(m_openingView, &OpeningView::anotherWanted, this, &DataPage::openFileDialog);
    connect(m_documents, &DataDocuments::wanted, this, [this](const QString& path) {
        if (!goTo(path)) {
            m_workspace.say(tr("The step belongs to %1, which is not in the project any more. Add it again, and the step is done.").arg(path));
        }
    });
    connect(m_filters, &DataFilters::filterChosen, m_table, &DataTable::setFilter);
    connect(m_table, &DataTable::filterChanged, m_filters, &DataFilters::setFilter);
    connect(m_overview, &DataOverview::rowsWanted, m_table, &DataTable::showRows);
    connect(m_filters, &DataFilters::versionsWanted, this, &DataPage::showVersions);
    connect(m_filters, &DataFilters::mapWanted, this, &DataPage::showMap);
    connect(m_filters, &DataFilters::columnsWanted, this, &DataPage::offerColumns);
    connect(m_table, &DataTable::clustersWanted, this, &DataPage::showClusters);
    connect(m_table->search(), &DataSearch::replaceWanted, this, &DataPage::showReplace);
    connect(m_batch, &DataBatch::rowsFound, this, &DataPage::showBatch);
    connect(m_table, &DataTable::currentRowChanged, m_reader, &DataReader::showRow);
    connect(m_table, &DataTable::currentRowChanged, this, &DataPage::keepPlace);
    connect(m_table, &DataTable::filterChanged, this, &DataPage::keepPlace);
    connect(m_filters, &DataFilters::filterChosen, this, &DataPage::keepPlace); // behind the table
    connect(m_workspace.places(), &Places::read, this, [this] { m_files->list(); });
    connect(m_table, &DataTable::activated, m_reader, &DataReader::editFirstField);
    connect(&m_workspace, &Workspace::projectChanged, this, &DataPage::onProjectChanged);
    connect(&m_workspace, &Workspace::modelPathChanged, this, &DataPage::loadEncoder);
    connect(&m_workspace, &Workspace::lengthChanged, this, &DataPage::takeLimit);
    connect(&m_workspace, &Workspace::systemTurnsChanged, this, &DataPage::takeSystemTurns);
    connect(m_overview, &DataOverview::limitChosen, &m_workspace, &Workspace::lengthChosen);
}

void DataPage::buildWork()
{
    m_empty->setText({tr("Your examples go here"),
                      tr("Luthier learns from files of examples: JSON Lines, JSON, CSV or TSV, with questions and answers, "
                         "conversations or plain text. Drop a file here, or add one. The file is only read, never written."),
                      tr("Add data\u2026"), tr("Open the bundled example")});
    auto* middle = new QWidget;
    auto* stacked = new QVBoxLayout(middle);
    stacked->setContentsMargins(0, 0, 0, 0);
    stacked->addWidget(m_overview);
    stacked->addWidget(m_table, 1);
    m_middle->addWidget(middle);
    m_middle->addWidget(m_openingView);
    m_middle->addWidget(m_mapping);
    m_work->setObjectName(QStringLiteral("dataSplitter"));
    m_work->setChildrenCollapsible(false);
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_sources);
    column->addWidget(m_filters, 1);
    m_work->addWidget(left);
    m_work->addWidget(m_middle);
    m_work->addWidget(m_reader);
    const int character = fontMetrics().averageCharWidth();
    m_work->setSizes({character * 27, character * 84, character * 52});
    m_work->setStretchFactor(1, 1);
    m_work->setStretchFactor(2, 1);
}

void DataPage::buildActions()
{
    struct Row {
        const char* id;
        QString text;
        QList<QKeySequence> keys;
        void (*run)(DataPage&);
    };
    const Row rows[] = {
        {"findInRows", tr("Find in rows"), {QKeySequence::Find}, [](DataPage& page) { page.m_table->search()->take(); }},
        {"findNextRow", tr("Next match"), {QKeySequence(Qt::Key_F3)}, [](DataPage& page) { page.m_table->search()->findNext(1); }},
        {"findPreviousRow", tr("Previous match"), {QKeySequence(Qt::SHIFT | Qt::Key_F3)}, [](DataPage& page) { page.m_table->search()->findNext(-1); }},
        {"checkAllRows", tr("Check all rows"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_K)},
         [](DataPage& page) { page.m_filters->startCheck(); }},
        {"excludeRows", tr("Exclude or take in the selected rows"), {}, [](DataPage& page) { page.m_table->toggleExcluded(); }},
        {"replaceInRows", tr("Find and replace\u2026"), {QKeySequence(Qt::CTRL | Qt::Key_H)}, [](DataPage& page) { page.showReplace(); }},
        {"dataVersions", tr("Versions of the data\u2026"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V)},
         [](DataPage& page) { page.showVersions(); }},
        {"mapRows", tr("Map of the rows\u2026"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M)}, [](DataPage& page) { page.showMap(); }},
        {"tagRows", tr("Tag the selected rows"), {}, [](DataPage& page) { page.m_table->editTags(); }},
    };
    for (const Row& row : rows) {
        auto* action = new QAction(row.text, this);
        action->setObjectName(QString::fromLatin1(row.id));
        action->setShortcuts(row.keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, [this, run = row.run] { run(*this); });
        addAction(action);
    }
}

// Where there are files the list of them pastes, else the page: a text field beside them keeps its own Ctrl+V.
void DataPage::buildPasting()
{
    auto* action = new QAction(tr("Paste"), this);
    action->setObjectName(QStringLiteral("pasteData"));
    action->setShortcut(QKeySequence::Paste);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(tr("Take the text of the clipboard as a file of the project: JSON, JSON lines, a table or plain text (Ctrl+V in the list)"));
    connect(action, &QAction::triggered, this, [this] {
        const QStringList paths = localFiles(QGuiApplication::clipboard()->mimeData());
        if (paths.isEmpty()) {
            m_files->addPasted(QGuiApplication::clipboard()->text());
        } else {
            openFiles(paths);
        }
    });
    m_empty->addAction(action);
    m_sources->setPasting(action);
}

// The files, and the one that is shown.

void DataPage::openFiles(const QStringList& paths)
{
    m_opened.clear();
    for (const QString& path : paths) {
        m_opened += QFileInfo(path).absoluteFilePath();
    }
    m_added += m_opened;
    m_files->add(paths);
}

void DataPage::openFileDialog()
{
    QFileDialog* dialog = openDialog(this, QStringLiteral("data"), tr("Add data"), QFileDialog::ExistingFiles, dataFilters());
    connect(dialog, &QFileDialog::filesSelected, this, &DataPage::openFiles);
    dialog->open();
}

void DataPage::openBundledExample()
{
    openFiles({bundledData()});
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
    m_place = {};
    m_documents->clear();
    restoreSteps();
    readLimit();
}

void DataPage::onListed(std::int64_t wanted, const QString& problem)
{
    const std::vector<SourceItem>& items = m_files->items();
    if (items.empty()) {
        m_stack->setCurrentWidget(m_empty);
        m_cancelOpening.cancel();
        ++m_opening;
        showDocument(nullptr);
        m_source = {};
        return;
    }
    const SourceItem* current = m_files->find(wanted);
    current = current == nullptr ? m_files->find(m_source.id) : current;
    if (current == nullptr) { // a project that has just come
        if (!m_workspace.places()->isRead()) {
            m_stack->setCurrentWidget(m_work);
            return; // listed again when they are
        }
        m_place = m_workspace.places()->at(QStringLiteral("data"));
        current = m_files->find(textIn(m_place, "file"));
    }
    current = current == nullptr ? &items.front() : current;
    m_sources->setSources(items, current->id);
    if (current->id != m_source.id) {
        showSource(*current);
    } else if (m_document != nullptr) {
        tellOpened(); // it was there already
    }
    m_stack->setCurrentWidget(m_work); // laid out while the file is being read
    if (!problem.isEmpty()) {
        showProblem(problem);
    }
}

void DataPage::showSource(const SourceItem& source)
{
    if (m_source.path != source.path) {
        Q_EMIT stepDone({}, {}); // what was said to come next was said of another file
    }
    m_source = source;
    keepPlace();
    if (DataDocument* known = m_documents->find(m_source.path)) {
        m_cancelOpening.cancel();
        ++m_opening;
        showDocument(known);
        tellOpened();
    } else {
        openDocument();
    }
}

void DataPage::tellOpened()
{
    if (m_opened.contains(m_source.path)) {
        Q_EMIT m_workspace.dataOpened(std::exchange(m_opened, {}));
    }
}

bool DataPage::goTo(const QString& path)
{
    const SourceItem* source = m_files->find(path);
    if (source == nullptr) {
        return false;
    }
    m_sources->setSources(m_files->items(), source->id);
    showSource(*source);
    return true;
}

void DataPage::openDocument()
{
    m_cancelOpening.cancel();
    m_cancelOpening = {};
    showDocument(nullptr);
    m_openingView->showReading(m_source.path);
    m_middle->setCurrentWidget(m_openingView);
    const auto work = [project = m_workspace.project(), source = m_source, cancel = m_cancelOpening] {
        return DataDocuments::open(project.get(), source.path, source.format, cancel);
    };
    startJob(this, work, [this, number = ++m_opening](const Result<DataDocument::Opened>& opened) {
        if (number == m_opening) {
            takeDocument(opened);
        }
    });
}

void DataPage::takeDocument(const Result<DataDocument::Opened>& opened)
{
    if (!opened) {
        showProblem(QString::fromStdString(opened.message()));
        offerColumns();
        return;
    }
    if (DataDocument* known = m_documents->find(m_source.path)) {
        known->replace(*opened); // read in another shape; the undo steps still know it
        showDocument(known);
        tellOpened();
        return;
    }
    auto document = std::make_unique<DataDocument>(*opened, m_workspace.project());
    DataDocument* shown = document.get();
    watch(shown);
    shown->setEncoder(m_encoder, m_encoding);
    showDocument(shown);
    m_documents->add(std::move(document)); // shown before: a step that waited for it shows its row
    if (m_added.removeAll(m_source.path) > 0) {
        Q_EMIT stepDone(QStringLiteral("opened"), QFileInfo(m_source.path).fileName());
    }
    tellOpened();
}

void DataPage::showDocument(DataDocument* document)
{
    m_document = document;
    m_reader->setDocument(document);
    m_table->setDocument(document);
    m_filters->setDocument(document);
    m_overview->setDocument(document);
    m_makings->setDocument(document);
    if (document == nullptr) {
        m_sources->setFormat({}, {});
    } else {
        m_middle->setCurrentIndex(0);
        m_reader->show();
        m_filters->show();
        m_sources->setFormat(m_source.format, QString::fromStdString(document->dataset()->format().id));
        takePlace(document);
        m_reader->showRow(m_table->currentRow());
        takeFocus();
    }
    showWantedRows();
    Q_EMIT documentChanged();
}

// Rows that have come take the keys from what held them while there were none. Whoever is elsewhere on the page stays there.
void DataPage::takeFocus()
{
    const QWidget* at = window()->focusWidget();
    const bool isElsewhere = at != nullptr && at->isVisible() && !isAncestorOf(at);
    const bool isKept = at != nullptr && at->isVisible() && at->objectName() != QLatin1String("pasteSource"); // which Qt takes while nothing else is there
    if (isVisible() && !isElsewhere && !isKept) {
        m_table->view()->setFocus(Qt::OtherFocusReason);
    }
}

void DataPage::showProblem(const QString& sentence)
{
    m_openingView->showProblem(sentence);
    m_middle->setCurrentWidget(m_openingView);
    m_reader->hide(); // there is no row to read
    m_filters->hide();
    // The way out of a wrongly read file is its shape.
    m_sources->setFormat(m_source.format, {});
}

// How their rows become tokens.

void DataPage::loadEncoder()
{
    const auto work = [folder = m_workspace.modelPath().toStdString(), folds = m_foldsSystem] {
        auto encoder = data::Encoder::load(folder);
        if (encoder && folds) {
            encoder->foldSystem();
        }
        return encoder;
    };
    startJob(this, work, [this, folder = m_workspace.modelPath(), folds = m_foldsSystem](const Result<data::Encoder>& encoder) {
        if (folder != m_workspace.modelPath() || folds != m_foldsSystem) {
            return;
        }
        m_encoder = encoder ? *encoder : data::Encoder{};
        m_documents->forEach([this](DataDocument& document) { document.setEncoder(m_encoder, document.encodingSettings()); });
        // Reads the row again, with the documents' new encoder.
        m_reader->setEncoderNote(encoder ? tr("tokens of %1").arg(QFileInfo(folder).fileName()) : QString::fromStdString(encoder.message()));
    });
}

// Files are shown as the project's recipe trains them.
void DataPage::readLimit()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    const auto work = [project] { return store::nextRecipe(*project); };
    startJob(this, work, [this, project](const Result<std::optional<config::RunConfig>>& recipe) {
        if (project == m_workspace.project() && recipe && *recipe) { // what is wrong with it is said on Tune
            takeLimit((*recipe)->data.maxLength);
            takeSystemTurns((*recipe)->data.systemTurns == "first_question");
        }
    });
}

void DataPage::takeLimit(std::int64_t tokens)
{
    m_encoding.maxLength = tokens;
    m_documents->forEach([tokens](DataDocument& document) { document.setLimit(tokens); });
}

void DataPage::takeSystemTurns(bool fold)
{
    if (std::exchange(m_foldsSystem, fold) != fold) {
        loadEncoder();
    }
}

// Steps of editing: those made ready go onto the undo stack, those of earlier days come back to it, and each is shown
// where it happened.

void DataPage::watch(DataDocument* document)
{
    connect(document, &DataDocument::stepPrepared, this,
            [this](const StepRecord& step) { m_workspace.undoStack()->push(new DataStep(m_documents, step)); });
    connect(document, &DataDocument::preparingChanged, this, [this, document] { m_workspace.setMakingStep(document, document->isPreparing()); });
    connect(document, &DataDocument::stepApplied, this, [this, document](qint64 row) { showStep(document, row); });
    connect(document->checkup(), &DataCheckup::progressChanged, this, [this, document, wasRunning = false]() mutable {
        const DataCheckup& checkup = *document->checkup();
        if (std::exchange(wasRunning, checkup.isRunning()) && !checkup.isRunning() && checkup.hasResult() && checkup.problem().isEmpty()) {
            Q_EMIT stepDone(QStringLiteral("checked"), QFileInfo(document->path()).fileName());
        }
    });
}

// Undo may change a row that is not in view, or a set that is not: show where it happened.
void DataPage::showStep(DataDocument* document, qint64 row)
{
    if (document != m_document) {
        goTo(document->path());
    }
    const std::vector<std::int64_t> selected = m_table->selectedRows();
    if (!std::binary_search(selected.begin(), selected.end(), row)) { // else it is in sight, and what is selected stays so
        m_table->setCurrentRow(row);
    }
    Q_EMIT m_workspace.sourcesChanged(); // what would be trained is another
}

void DataPage::restoreSteps()
{
    const auto project = m_workspace.project();
    if (!project) {
        return;
    }
    startJob(this, [project] { return project->steps(kStepBytes); }, [this, project](const Result<std::vector<store::EditStep>>& steps) {
        if (project != m_workspace.project()) {
            return;
        }
        if (steps) {
            m_documents->restore(*steps, *m_workspace.undoStack());
        } else {
            m_workspace.say(QString::fromStdString(steps.message()));
        }
    });
}

// The windows beside it.

void DataPage::showClusters(bool near)
{
    if (m_document != nullptr) {
        (new DataClusters(m_document, near ? Likeness::Near : Likeness::Exact, this))->open();
    }
}

void DataPage::showReplace()
{
    if (m_document != nullptr) {
        (new DataReplace(m_document, *m_table->search(), this))->open();
    }
}

void DataPage::showVersions()
{
    if (m_document != nullptr && m_workspace.project()) {
        (new DataVersions(m_document, m_workspace.project(), this))->open();
    }
}

// Beside the page, not over it: what is chosen on the map is what the table shows.
void DataPage::showMap()
{
    if (m_document == nullptr) {
        return;
    }
    auto* map = new DataMap(m_document, m_workspace.project(), m_workspace.modelPath(), this);
    connect(map, &DataMap::rowsWanted, m_table, &DataTable::showRows);
    connect(map, &DataMap::rowWanted, m_table, &DataTable::setCurrentRow);
    connect(map, &DataMap::allWanted, this, [this] {
        m_table->setFilter(QStringLiteral("all"));
        m_filters->setFilter(QStringLiteral("all"));
    });
    connect(this, &DataPage::documentChanged, map, &QDialog::close); // its rows are those of another set
    map->show();
}

// What Qt calls.

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
