// SPDX-License-Identifier: GPL-3.0-or-later
// A picture of every page in both schemes at 1280x800, in the scale the environment asks for, written into
// screenshots/ of the build folder. Fails when a page is blank or does not fit.
#include "app/application.h"
#include "core/base/paths.h"
#include "core/config/run_config.h"
#include "core/peft/lora_settings.h"
#include "core/store/shootout_record.h"
#include "tests/support/page_test.h"
#include "tests/support/story.h"
#include "ui/bridge/job.h"
#include "ui/charts/chart_panel.h"
#include "ui/pages/pages.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/pages/tune/tune_page.h"
#include "ui/pages/tune/tune_shootout.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

#include <set>

using namespace luthier;

namespace {

constexpr int kAwaitMs = 60'000;
constexpr QSize kSize(1280, 800);
constexpr std::size_t kFewestColors = 24; // a blank page has a handful
constexpr int kShrink = 3;

} // namespace

class TestScreenshots : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        support::keepSettingsIn(m_folder);
        m_app = std::make_unique<app::Application>(*qApp);
        m_app->window().resize(kSize);
        makeProject();
        m_app->start({m_folder.filePath(QStringLiteral("workshop")), {}});
        QTRY_VERIFY_WITH_TIMEOUT(m_app->workspace().project() != nullptr, kAwaitMs);
        auto* tune = static_cast<ui::TunePage*>(m_app->window().page(QStringLiteral("tune")));
        QTRY_VERIFY_WITH_TIMEOUT(tune->verdict().plan.trainRows > 0 && !tune->isChecking(), kAwaitMs);
    }

    void cleanupTestCase() { m_app.reset(); }

    void everyPage_data()
    {
        QTest::addColumn<QString>("page");
        QTest::addColumn<QString>("theme");
        for (const ui::PageRow& row : ui::pages()) {
            for (const char* theme : {"light", "dark"}) {
                QTest::addRow("%s %s", row.id, theme) << QString::fromLatin1(row.id) << QString::fromLatin1(theme);
            }
        }
    }

    void everyPage()
    {
        QFETCH(QString, page);
        QFETCH(QString, theme);
        m_app->window().findChild<QAction*>(QStringLiteral("theme.") + theme)->trigger();
        m_app->window().showPage(page);
        settle(page);
        save(page + u'-' + theme);
    }

    void gate()
    {
        m_app->window().findChild<QAction*>(QStringLiteral("theme.light"))->trigger();
        m_app->window().showPage(QStringLiteral("tune"));
        QAction* start = m_app->window().page(QStringLiteral("tune"))->mainAction();
        if (!start->isEnabled()) {
            QSKIP("the bundled model's weights are not here");
        }
        start->trigger();
        QTRY_VERIFY(m_app->window().findChild<QWidget*>(QStringLiteral("gateStrip"))->isVisible());
        settle(QStringLiteral("tune"));
        save(QStringLiteral("gate-light"));
    }

    void shootout()
    {
        auto* page = static_cast<ui::TunePage*>(m_app->window().page(QStringLiteral("tune")))->shootout();
        for (const char* theme : {"light", "dark"}) {
            m_app->window().findChild<QAction*>(QStringLiteral("theme.") + QLatin1String(theme))->trigger();
            m_app->window().showShootout();
            for (const int which : {0, 1}) { // a new one, an earlier one
                auto* box = page->findChild<QComboBox*>(QStringLiteral("shootoutWhich"));
                QTRY_COMPARE_WITH_TIMEOUT(box->count(), 2, kAwaitMs);
                box->setCurrentIndex(which);
                Q_EMIT box->activated(which);
                settle(QStringLiteral("tune"));
                save(QStringLiteral("shootout%1-%2").arg(which).arg(QLatin1String(theme)));
            }
        }
        QTest::keyClick(page, Qt::Key_Escape);
    }

private:
    void makeProject()
    {
        const auto folder = m_folder.filePath(QStringLiteral("workshop")).toStdString();
        auto project = store::Project::open(folder);
        QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
        config::RunConfig config;
        config.model.path = base::bundledModel().string();
        config.data.train = {(base::datasetsFolder() / "workshop_instructions.jsonl").string()};
        QVERIFY((*project)->addSource(config.data.train.front(), "auto").ok());
        QVERIFY((*project)->setValue("recipe", config::toJson(config)).ok());
        addRun(**project, config, "LoRA 16, workshop_instructions", 0.015, true);
        config.method.of<peft::LoraSettings>().rank = 8;
        config.optimizer.learningRate = 1e-3;
        addRun(**project, config, "smaller and faster", 0.03);
        store::ShootoutRecord record{"2026-05-04T09:30:00.000Z", config::toJson(config), {}};
        record.entries = {{"lora", 1, false, {}}, {"ia3", 2, false, {}}, {"prefix", 0, true, {}}, {"full", 0, false, {}}};
        QVERIFY(store::saveShootout(**project, record).ok());
    }

    void addRun(store::Project& project, const config::RunConfig& config, const std::string& name, double speed, bool withMore = false)
    {
        auto row = project.createRun(name, config::toJson(config));
        QVERIFY(row.ok());
        const QString result = QString::fromStdString(row->folder) + QStringLiteral("/adapter");
        const QString source = QStringLiteral(LUTHIER_SOURCE_DIR "/tests/reference/combine/first/");
        QVERIFY(QDir().mkpath(result));
        for (const char* name : {"adapter_config.json", "adapter_model.safetensors"}) {
            QVERIFY(QFile::copy(source + QString::fromLatin1(name), result + u'/' + QString::fromLatin1(name)));
        }
        QVERIFY(project.appendEvents(row->id, support::storyOfARun(300, speed, result.toStdString(), withMore)).ok());
    }

    // Waits until what the page reads has been read and drawn.
    void settle(const QString& page)
    {
        if (page == QStringLiteral("runs")) {
            auto* runs = static_cast<ui::RunsPage*>(m_app->window().page(page));
            QTRY_COMPARE(runs->model()->rowCount(), 2);
            auto* table = runs->findChild<QTableView*>(QStringLiteral("runs"));
            table->selectAll();
            QTRY_COMPARE(runs->charts()->panels().front()->numPoints(1), 300);
        }
        ui::waitForJobs();
        QTest::qWait(kSettleMs);
        ui::waitForJobs();
        QTest::qWait(kSettleMs);
    }

    void save(const QString& name)
    {
        const QPixmap picture = m_app->window().grab();
        const double scale = picture.devicePixelRatio();
        QCOMPARE(picture.size(), QSize(kSize * scale));
        std::set<QRgb> colors;
        const QImage image = picture.toImage();
        for (int y = 0; y < image.height(); y += kShrink) {
            for (int x = 0; x < image.width(); x += kShrink) {
                colors.insert(image.pixel(x, y));
            }
        }
        QVERIFY2(colors.size() >= kFewestColors, qPrintable(name));
        support::savePicture(picture, QStringLiteral("%1@%2").arg(name).arg(scale));
    }

    static constexpr int kSettleMs = 250; // the bridge's and the charts' frames

    QTemporaryDir m_folder;
    std::unique_ptr<app::Application> m_app;
};

QTEST_MAIN(TestScreenshots)
#include "tst_screenshots.moc"
