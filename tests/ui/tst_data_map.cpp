// SPDX-License-Identifier: GPL-3.0-or-later
// The map of the rows: made in a job, chosen from by lasso and keyboard, and what is chosen is what the table shows.
#include "core/base/files.h"
#include "core/data/checks/row_losses.h"
#include "core/store/project.h"
#include "tests/support/page_test.h"
#include "ui/bridge/job.h"
#include "ui/models/data/data_losses.h"
#include "ui/models/data/row_model.h"
#include "ui/pages/data/data_page.h"
#include "ui/pages/data/data_table.h"
#include "ui/pages/data/windows/data_map.h"
#include "ui/theme/theme.h"
#include "ui/widgets/point_map.h"
#include "ui/workspace/workspace.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QtTest>

#include <random>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 20'000;
constexpr int kRows = 120;
constexpr int kOdd = 77; // the row unlike all others

// Three kinds of rows, each with words of its own.
std::string rowsText()
{
    const char* const kinds[] = {"bread flour yeast oven dough crust", "planet orbit moon star comet sky", "violin bow string bridge tune wood"};
    std::string text;
    for (int i = 0; i < kRows; ++i) {
        const std::string words = i == kOdd ? "zymurgy quixotic jabberwock xylem" : kinds[i % 3];
        text += R"({"instruction":"Say )" + words + " " + std::to_string(i) + R"(","input":"","output":"Well, )" + words + R"(","label":"kind )"
                + std::to_string(i % 3) + "\"}\n";
    }
    return text;
}

} // namespace

class TestDataMap : public QObject, private support::PageTest<DataPage> {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        makeFolder();
        const QString path = m_folder->filePath(QStringLiteral("rows.jsonl"));
        QVERIFY(base::writeFileAtomically(path.toStdString(), rowsText()).ok());
        openPage();
        m_page->openFiles({path});
        QTRY_VERIFY_WITH_TIMEOUT(m_page->document() != nullptr && !m_page->document()->isChecking(), kAwaitMs);
    }

    void init()
    {
        m_page->findChild<QAction*>(QStringLiteral("mapRows"))->trigger();
        m_map = m_page->findChild<DataMap*>();
        QVERIFY(m_map != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(m_map->hasMap() && !m_map->isRunning(), kAwaitMs);
        QTest::qWait(50);
    }

    void cleanup()
    {
        m_map->close();
        QTRY_VERIFY(m_page->findChild<DataMap*>() == nullptr);
    }

    void cleanupTestCase() { closePage(); }

    // Like rows lie near each other, so a lasso around the nearest of a row holds mostly its kind.
    void likeRowsLieTogether()
    {
        QCOMPARE(m_map->points()->numPoints(), std::size_t{kRows});
        int same = 0;
        for (std::size_t i = 0; i < kRows; ++i) {
            double least = 1e9;
            std::size_t nearest = i;
            for (std::size_t other = 0; other < kRows; ++other) {
                const QPointF apart = m_map->points()->placeOf(i) - m_map->points()->placeOf(other);
                if (other != i && QPointF::dotProduct(apart, apart) < least) {
                    least = QPointF::dotProduct(apart, apart);
                    nearest = other;
                }
            }
            same += i % 3 == nearest % 3 ? 1 : 0;
        }
        QVERIFY2(same > kRows * 9 / 10, qPrintable(QString::number(same)));
    }

    void lassoFiltersTheTable()
    {
        PointMap* points = m_map->points();
        const QPoint at = points->placeOf(0).toPoint();
        const int reach = 25;
        QTest::mousePress(points, Qt::LeftButton, {}, at + QPoint(-reach, -reach));
        for (const QPoint corner : {QPoint(reach, -reach), QPoint(reach, reach), QPoint(-reach, reach)}) {
            QTest::mouseMove(points, at + corner);
        }
        QTest::mouseRelease(points, Qt::LeftButton, {}, at + QPoint(-reach, reach));
        const std::vector<std::int64_t> chosen = m_map->chosen();
        QVERIFY(std::find(chosen.begin(), chosen.end(), 0) != chosen.end());
        QVERIFY(chosen.size() < kRows);
        QCOMPARE(m_page->table()->model()->rowCount(), static_cast<int>(chosen.size()));
        find<QPushButton>("mapAll")->click();
        QCOMPARE(m_page->table()->model()->rowCount(), kRows);
    }

    void keysZoomMoveAndChoose()
    {
        PointMap* points = m_map->points();
        points->setFocus();
        QTest::keyClick(points, Qt::Key_Return);
        QCOMPARE(m_map->chosen().size(), std::size_t{kRows});
        for (int i = 0; i < 8; ++i) {
            QTest::keyClick(points, Qt::Key_Plus);
        }
        const QPointF before = points->placeOf(0);
        QTest::keyClick(points, Qt::Key_Right);
        QVERIFY(points->placeOf(0).x() < before.x());
        QTest::keyClick(points, Qt::Key_Return);
        QVERIFY(m_map->chosen().size() < kRows);
        QTest::keyClick(points, Qt::Key_0);
        QCOMPARE(points->zoom(), 1.0);
        QTest::keyClick(points, Qt::Key_Return);
        QTest::keyClick(points, Qt::Key_Escape);
        QVERIFY(m_map->chosen().empty());
        QCOMPARE(m_page->table()->model()->rowCount(), kRows);
    }

    void diverseRowsAreOfEveryKindAndTagged()
    {
        find<QSpinBox>("diverseCount")->setValue(6);
        find<QPushButton>("pickDiverse")->click();
        QTRY_COMPARE_WITH_TIMEOUT(m_map->chosen().size(), std::size_t{6}, kAwaitMs);
        std::set<std::int64_t> kinds;
        for (const std::int64_t row : m_map->chosen()) {
            kinds.insert(row == kOdd ? 3 : row % 3);
        }
        QCOMPARE(kinds.size(), std::size_t{4});
        QCOMPARE(m_page->table()->model()->rowCount(), 6);
        find<QLineEdit>("mapTag")->setText(QStringLiteral("diverse"));
        find<QPushButton>("tagChosen")->click();
        QTRY_COMPARE(m_page->document()->tagCounts()["diverse"], 6);
        m_map->setColoring(DataMap::Coloring::Tag);
        QVERIFY(find<QLabel>("mapLegend")->text().contains(QStringLiteral("diverse")));
    }

    void edgeCasesAndLosses()
    {
        auto* edges = find<QComboBox>("mapEdges");
        Q_EMIT edges->activated(1);
        QVERIFY(!m_map->chosen().empty());
        QCOMPARE(m_map->chosen().front(), kOdd);
        Q_EMIT edges->activated(3);
        QVERIFY(m_map->chosen().empty());
        QVERIFY(find<QLabel>("mapNote")->text().contains(QStringLiteral("measured")));
        const auto run = m_workspace->project()->createRun("measured", Json::object());
        QVERIFY(run.ok());
        const std::string path = m_page->document()->path().toStdString();
        const std::vector<data::RowLoss> losses = {{.row = 3, .before = 4.0, .after = 1.0, .tokens = 5}, {.row = 8, .before = 4.0, .after = 3.0, .tokens = 5}};
        QVERIFY(m_workspace->project()->saveRowLosses(run->id, path, losses).ok());
        m_map->start();
        QTRY_VERIFY_WITH_TIMEOUT(!m_map->isRunning(), kAwaitMs);
        Q_EMIT edges->activated(3);
        QCOMPARE(m_map->chosen(), (std::vector<std::int64_t>{8, 3}));
    }

    // Three kinds of rows are three of the groups, and a colour tells losses apart, with a legend.
    void groupsAndLossesColour()
    {
        m_map->setColoring(DataMap::Coloring::Cluster);
        QVERIFY(find<QLabel>("mapLegend")->text().contains(QStringLiteral("group 1")));
        m_map->setColoring(DataMap::Coloring::LossAfter);
        const auto run = m_workspace->project()->createRun("measured again", Json::object());
        QVERIFY(run.ok());
        std::vector<data::RowLoss> losses;
        for (int row = 0; row < 50; ++row) {
            losses.push_back({.row = row, .before = 4.0, .after = 0.1 * row, .tokens = 5});
        }
        QVERIFY(m_workspace->project()->saveRowLosses(run->id, m_page->document()->path().toStdString(), losses).ok());
        m_page->document()->losses()->load();
        auto* legend = find<QLabel>("mapLegend");
        const QLocale locale;
        QTRY_VERIFY_WITH_TIMEOUT(legend->text().contains(locale.toString(4.0, 'f', 2) + QStringLiteral(" \u2013 ") + locale.toString(4.9, 'f', 2)), kAwaitMs);
        QVERIFY(legend->isVisible() && legend->text().contains(QStringLiteral("not measured")));
        m_map->setColoring(DataMap::Coloring::None);
        QVERIFY(!legend->isVisible());
    }

    // By the embeddings of the model in use: another map of the same rows, with like ones together all the same.
    void theModelCanCompareRows()
    {
        if (!QFileInfo::exists(m_workspace->modelPath() + QStringLiteral("/model.safetensors"))) {
            QSKIP("the bundled model's weights are not here");
        }
        auto* features = find<QComboBox>("mapFeatures");
        features->setFocus();
        QTest::keyClick(features, Qt::Key_Down);
        QTRY_VERIFY_WITH_TIMEOUT(m_map->isRunning() || m_map->hasMap(), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(!m_map->isRunning(), kAwaitMs);
        QCOMPARE(features->currentIndex(), 1);
        likeRowsLieTogether();
    }

    void stoppedIsSaid()
    {
        m_map->start();
        QVERIFY(m_map->isRunning());
        m_map->start();
        QVERIFY(!m_map->isRunning());
        QVERIFY(find<QLabel>("mapNote")->text().contains(QStringLiteral("Stopped")));
        QVERIFY(m_map->hasMap()); // the one made before
    }

    void manyPointsAreDrawnQuickly()
    {
        PointMap many;
        many.resize(800, 700);
        std::mt19937 random(1);
        std::normal_distribution<float> spread(0, 0.3F);
        std::vector<data::MapPoint> points(100'000);
        for (data::MapPoint& point : points) {
            point = {spread(random), spread(random)};
        }
        many.setPoints(std::move(points));
        const QImage drawn = many.grab().toImage();
        QCOMPARE(drawn.pixelColor(drawn.rect().center()), color(Token::Series1));
        QVERIFY(drawn.pixelColor(0, 0) != color(Token::Series1));
        QElapsedTimer clock;
        clock.start();
        for (int i = 0; i < 5; ++i) {
            QTest::keyClick(&many, Qt::Key_Left);
            many.grab();
        }
        qInfo("a frame of 100,000 points: %lld ms", clock.elapsed() / 5);
        QVERIFY(clock.elapsed() / 5 < 500); // far over what an idle machine needs
    }

    void pictures_data() { support::addThemes(); }

    void pictures()
    {
        QFETCH(Theme::Choice, theme);
        Theme look(*qApp);
        look.setChoice(theme);
        m_map->setColoring(DataMap::Coloring::LossAfter);
        QTest::qWait(100);
        support::savePicture(m_map, QStringLiteral("data-map-loss"));
        m_map->setColoring(DataMap::Coloring::Label);
        find<QSpinBox>("diverseCount")->setValue(12);
        m_map->pickDiverseRows();
        QTRY_COMPARE_WITH_TIMEOUT(m_map->chosen().size(), std::size_t{12}, kAwaitMs);
        QTest::qWait(200);
        support::savePicture(m_map, QStringLiteral("data-map"));
        support::savePicture(m_page.get(), QStringLiteral("data-map-page"));
    }

    void everyControlCanBeNamed()
    {
        for (const QWidget* widget : m_map->findChildren<QWidget*>()) {
            if (widget->focusPolicy() != Qt::NoFocus && widget->isVisible() && !widget->objectName().startsWith(QStringLiteral("qt_"))) {
                const bool hasName = !widget->accessibleName().isEmpty() || widget->property("text").toString().size() > 1;
                QVERIFY2(hasName && !widget->objectName().isEmpty(), widget->metaObject()->className());
            }
        }
    }

private:
    template <class T>
    T* find(const char* name) const // in the map's window
    {
        return support::child<T>(m_map, name);
    }

    QPointer<DataMap> m_map;
};

QTEST_MAIN(TestDataMap)
#include "tst_data_map.moc"
