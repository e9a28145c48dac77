// SPDX-License-Identifier: GPL-3.0-or-later
// DataPage: what training will see, row by row: files and filters at the left, rows in the middle, the reader
// with its tokens at the right. Opens files, finds out their shape and lets rows be edited with undo.
//
// Threads: GUI thread; files, tokens and the project's database are touched in jobs only.
#pragma once

#include "core/data/encoding.h"
#include "ui/frame/page.h"
#include "ui/models/data/data_documents.h"
#include "ui/pages/data/data_sources.h"

#include <memory>

class QLabel;
class QProgressBar;
class QPushButton;
class QSplitter;
class QStackedWidget;

namespace luthier::config {
struct RunConfig;
}

namespace luthier::ui {

class DataBatch;
class DataFilters;
class DataMaking;
class DataMapping;
class DataOverview;
class DataReader;
class DataTable;
class EmptyState;
class Workspace;

class DataPage : public Page {
    Q_OBJECT

public:
    explicit DataPage(Workspace& workspace, QWidget* parent = nullptr);
    ~DataPage() override;

    QAction* mainAction() override { return m_add; }
    void openFile(const QString& path) override { openFiles({path}); }
    void reveal(const QString& what) override; // a step of a run, as stepPlace gives it

    void openFiles(const QStringList& paths); // adds them to the project and shows the last
    void openFileDialog();
    void openBundledExample();

    DataDocument* document() const { return m_document; }
    DataTable* table() const { return m_table; }
    DataReader* reader() const { return m_reader; }
    DataFilters* filters() const { return m_filters; }
    DataOverview* overview() const { return m_overview; }

Q_SIGNALS:
    void documentChanged();

protected:
    void showEvent(QShowEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    struct Listing; // sources of the project, read by a job
    struct WantedRows {
        QString path;
        QString title;
        std::vector<std::int64_t> rows;
        QString help;
    };

    void buildWork();
    void buildOpening();
    void buildActions();
    void buildPasting();
    void paste();
    void buildMapping();
    void offerColumns(const SourceItem& source);
    void keepColumns();
    void onProjectChanged();
    void reloadSources(std::int64_t show);
    void takeSources(const Listing& listing, std::int64_t show);
    void showSource(std::int64_t id);
    void openDocument(const SourceItem& source);
    void takeDocument(const SourceItem& source, const Result<DataDocument::Opened>& opened);
    void showDocument(DataDocument* document);
    void showProblem(const QString& sentence);
    void removeSource(std::int64_t id);
    void chooseFormat(const QString& id);
    void loadEncoder();
    void watch(DataDocument* document);
    void restoreSteps();
    void readLimit();
    void takeLimit(std::int64_t tokens);
    void showStep(DataDocument* document, qint64 row);
    void openForStep(const QString& path);
    void showBatch(const QString& path, const QString& title, const std::vector<std::int64_t>& rows, const QString& help);
    void showWantedRows();
    void showClusters(bool near);
    void showReplace();
    void showVersions();
    void buildMaking();
    void withRecipe(void (DataPage::*then)(const config::RunConfig&));
    QString makingFolder() const;
    void showMaking(DataMaking* making);
    void showSplit(const config::RunConfig& config);
    void showMix(const config::RunConfig& config);
    void showAugment(const config::RunConfig& config);
    void showGenerate(const config::RunConfig& config);
    void showReview(const QString& path);
    void showMap();

    Workspace& m_workspace;
    std::vector<SourceItem> m_items;
    DataDocuments* m_documents;
    DataDocument* m_document = nullptr; // the one shown, of m_documents
    SourceItem m_source;
    base::CancelToken m_cancelOpening;
    int m_opening = 0; // number of the newest opening
    data::Encoder m_encoder;
    data::EncodingSettings m_encoding;
    QString m_encoderNote;
    QStringList m_waiting; // files asked for before the project was open

    WantedRows m_wantedRows; // of a file that is being opened; without a path: none

    QAction* m_add;
    DataBatch* m_batch;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QSplitter* m_work;
    DataSources* m_sources;
    DataFilters* m_filters;
    QStackedWidget* m_middle;
    DataOverview* m_overview;
    DataTable* m_table;
    DataReader* m_reader;
    QWidget* m_openingView;
    DataMapping* m_mapping;
    QLabel* m_openingText;
    QProgressBar* m_openingBar;
    QLabel* m_problem;
};

} // namespace luthier::ui
