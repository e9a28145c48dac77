// SPDX-License-Identifier: GPL-3.0-or-later
// DataPage: what training will see, row by row: files and filters at the left, rows in the middle, the reader
// with its tokens at the right. It opens the file that is chosen, shows it everywhere, and puts steps of editing onto the
// undo stack; which files there are is SourceFiles' work, making new ones DataMakings'.
//
// One file is shown at a time; those opened before stay open (DataDocuments), because undo may return to them.
// Threads: GUI thread; files, tokens and the project's database are touched in jobs only.
#pragma once

#include "core/data/encoding.h"
#include "ui/frame/page.h"
#include "ui/models/data/data_documents.h"
#include "ui/models/library/source_files.h"

#include <memory>

class QSplitter;
class QStackedWidget;

namespace luthier::ui {

class DataBatch;
class DataFilters;
class DataMakings;
class DataMapping;
class DataOverview;
class DataReader;
class DataSources;
class DataTable;
class EmptyState;
class OpeningView;
class Workspace;

class DataPage : public Page {
    Q_OBJECT

public:
    explicit DataPage(Workspace& workspace, QWidget* parent = nullptr);
    ~DataPage() override;

    QAction* mainAction() override { return m_add; }
    void openFile(const QString& path) override { openFiles({path}); }
    void reveal(const QString& what) override; // a step of a run, as stepPlace gives it; "filter:" and the id of a filter

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
    // Rows of a file that are shown once it is open; without a path: none.
    struct WantedRows {
        QString path;
        QString title;
        std::vector<std::int64_t> rows;
        QString help;
    };

    void buildWork();
    void buildActions();
    void buildPasting();
    void connectParts();

    void onProjectChanged();
    void onListed(std::int64_t wanted, const QString& problem);
    void showSource(const SourceItem& source);
    bool goTo(const QString& path); // false: not among the project's files
    void openDocument();            // m_source
    void tellOpened();
    void keepPlace();               // the file, the row and the filter that are looked at
    void takePlace(DataDocument* document);
    void takeDocument(const Result<DataDocument::Opened>& opened);
    void showDocument(DataDocument* document);
    void takeFocus();
    void showProblem(const QString& sentence);
    void offerColumns(); // of m_source, which could not be read
    void keepColumns();

    void loadEncoder();
    void readLimit();
    void takeLimit(std::int64_t tokens);
    void takeSystemTurns(bool fold);

    void watch(DataDocument* document);
    void restoreSteps();
    void showStep(DataDocument* document, qint64 row);

    void showBatch(const QString& path, const QString& title, const std::vector<std::int64_t>& rows, const QString& help);
    void showWantedRows();
    void showClusters(bool near);
    void showReplace();
    void showVersions();
    void showMap();

    Workspace& m_workspace;
    SourceFiles* m_files;
    DataDocuments* m_documents;
    DataDocument* m_document = nullptr; // the one shown, of m_documents
    SourceItem m_source;                // the file shown, being opened, or that could not be
    base::CancelToken m_cancelOpening;
    int m_opening = 0; // number of the newest opening; older ones are dropped when they are done
    data::Encoder m_encoder;
    data::EncodingSettings m_encoding;
    bool m_foldsSystem = false;
    WantedRows m_wantedRows;
    Json m_place; // where the person was on another day, until it stands here; null: nowhere
    QStringList m_added;  // by hand just now, and not opened yet
    QStringList m_opened; // the last of them that came together, until one of them is shown

    QAction* m_add;
    DataBatch* m_batch;
    QStackedWidget* m_stack; // the empty page, or the work
    EmptyState* m_empty;
    QSplitter* m_work;
    DataSources* m_sources;
    DataFilters* m_filters;
    QStackedWidget* m_middle; // the rows, a file being opened, or the question what its columns are
    DataOverview* m_overview;
    DataTable* m_table;
    DataReader* m_reader;
    OpeningView* m_openingView;
    DataMapping* m_mapping;
    DataMakings* m_makings;
};

} // namespace luthier::ui
