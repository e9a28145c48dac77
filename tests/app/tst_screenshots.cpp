// SPDX-License-Identifier: GPL-3.0-or-later
// A picture of every page and dialog in both schemes, in the size (LUTHIER_PICTURE_SIZE, 1280x800 when not said) and the
// scale that the environment asks for, written into screenshots/ of the build folder. Fails when a page is blank, does not
// fit, or looks another way after a live change of the scheme than after a fresh start in it.
#include "app/application.h"
#include "tests/support/at_rest.h"
#include "tests/support/page_test.h"
#include "tests/support/window_dialogs.h"
#include "tests/support/workshop.h"
#include "ui/bridge/job.h"
#include "ui/charts/chart_panel.h"
#include "ui/pages/pages.h"
#include "ui/pages/runs/runs_charts.h"
#include "ui/pages/runs/runs_model.h"
#include "ui/pages/runs/runs_page.h"
#include "ui/pages/tune/tune_page.h"
#include "ui/pages/tune/queue/tune_shootout.h"
#include "ui/widgets/elided_label.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QElapsedTimer>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QTextDocument>
#include <QTableView>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

using namespace luthier;

namespace {

constexpr int kAwaitMs = 60'000;
constexpr QSize kUsualSize(1280, 800);
constexpr double kMostDifferent = 0.002; // of the pixels: a blinking cursor, a clock
constexpr std::size_t kFewestColors = 24; // a blank page has a handful
constexpr int kShrink = 3;

// Labels of one line that have less room than their text and do not say so by an ellipsis.
QStringList cutLabels(QWidget& window)
{
    QStringList cut;
    for (QLabel* label : window.findChildren<QLabel*>()) {
        const bool isOneLine = label->isVisible() && !label->wordWrap() && !label->text().isEmpty() && !Qt::mightBeRichText(label->text());
        if (isOneLine && qobject_cast<ui::ElidedLabel*>(label) == nullptr && label->width() < label->sizeHint().width()) {
            cut += QStringLiteral("%1 \"%2\": %3 of %4").arg(label->objectName(), label->text()).arg(label->width()).arg(label->sizeHint().width());
        }
    }
    return cut;
}

QSize sizeWanted()
{
    const QStringList parts = qEnvironmentVariable("LUTHIER_PICTURE_SIZE").split(u'x');
    return parts.size() == 2 ? QSize(parts[0].toInt(), parts[1].toInt()) : kUsualSize;
}

// The share of pixels that differ visibly.
double differenceOf(const QImage& left, const QImage& right)
{
    if (left.size() != right.size()) {
        return 1;
    }
    qint64 different = 0;
    for (int y = 0; y < left.height(); ++y) {
        for (int x = 0; x < left.width(); ++x) {
            const QRgb a = left.pixel(x, y);
            const QRgb b = right.pixel(x, y);
            different += std::abs(qRed(a) - qRed(b)) + std::abs(qGreen(a) - qGreen(b)) + std::abs(qBlue(a) - qBlue(b)) > 24 ? 1 : 0;
        }
    }
    return static_cast<double>(different) / (static_cast<double>(left.width()) * left.height());
}

} // namespace

class TestScreenshots : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        support::keepSettingsIn(m_folder);
        support::makeWorkshop(m_folder.filePath(QStringLiteral("workshop")));
        QApplication::setCursorFlashTime(0);
        m_rest = std::make_unique<support::AtRest>();
        start();
    }

    void cleanupTestCase()
    {
        m_app.reset();
        m_rest.reset();
    }

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
        const QStringList cut = cutLabels(m_app->window());
        QVERIFY2(cut.isEmpty(), qPrintable(cut.join(u'\n')));
    }

    // Switched live, both ways, every page looks as it does after a start in that scheme: nothing keeps old colours.
    void liveSwitchIsAFreshStart()
    {
        if (m_size != kUsualSize) {
            QSKIP("colours do not depend on the size");
        }
        setTheme("light");
        (void)pictures();
        m_app->window().close();
        m_app.reset();
        ui::waitForJobs();
        start(); // every session compared has the places that one before left
        (void)pictures(); // drawn once in the other scheme
        setTheme("dark");
        const auto switchedToDark = pictures();
        m_app->window().close();
        m_app.reset();
        ui::waitForJobs();
        start(); // remembers dark
        const auto freshDark = pictures();
        setTheme("light");
        const auto switchedToLight = pictures();
        m_app->window().close();
        m_app.reset();
        ui::waitForJobs();
        start();
        const auto freshLight = pictures();
        for (const auto& [id, picture] : freshDark) {
            const double dark = differenceOf(picture, switchedToDark.at(id));
            const double light = differenceOf(freshLight.at(id), switchedToLight.at(id));
            if (dark > kMostDifferent || light > kMostDifferent) {
                support::savePicture(QPixmap::fromImage(picture), id + QStringLiteral("-fresh-dark"));
                support::savePicture(QPixmap::fromImage(switchedToDark.at(id)), id + QStringLiteral("-switched-dark"));
                support::savePicture(QPixmap::fromImage(freshLight.at(id)), id + QStringLiteral("-fresh-light"));
                support::savePicture(QPixmap::fromImage(switchedToLight.at(id)), id + QStringLiteral("-switched-light"));
            }
            QVERIFY2(dark <= kMostDifferent && light <= kMostDifferent, qPrintable(QStringLiteral("%1: %2 dark, %3 light").arg(id).arg(dark).arg(light)));
        }
    }

    void dialogs_data()
    {
        QTest::addColumn<QString>("theme");
        QTest::addColumn<QString>("dialog");
        for (const char* theme : {"light", "dark"}) {
            for (const support::DialogRow& row : support::dialogRows()) {
                QTest::addRow("%s %s", row.name, theme) << QString::fromLatin1(theme) << QString::fromLatin1(row.name);
            }
        }
    }

    void dialogs()
    {
        QFETCH(QString, theme);
        QFETCH(QString, dialog);
        setTheme(theme.toLatin1().constData());
        const support::DialogRow& row = support::dialogRow(dialog);
        ui::MainWindow& window = m_app->window();
        window.showPage(QString::fromLatin1(row.page));
        settle(QString::fromLatin1(row.page));
        row.open(window);
        QTRY_VERIFY_WITH_TIMEOUT(shownDialog() != nullptr, kAwaitMs);
        QDialog* shown = shownDialog();
        (void)stillPicture(shown);
        const QPixmap picture = shown->grab();
        support::savePicture(picture, nameOf(QStringLiteral("dialog-%1-%2").arg(dialog, theme), picture));
        const QSize size = shown->size();
        const QSize least = shown->minimumSizeHint();
        QString unmarked;
        for (const QLabel* label : shown->findChildren<QLabel*>()) { // an ampersand that marks no key would be read as one
            const bool isMarked = QRegularExpression(QStringLiteral("(^|[^&])&[A-Za-z]")).match(label->text()).hasMatch() && !Qt::mightBeRichText(label->text());
            unmarked = isMarked && label->buddy() == nullptr ? label->text() : unmarked;
        }
        shown->close();
        QTRY_VERIFY(shownDialog() == nullptr);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QVERIFY2(size.width() <= m_size.width() && size.height() <= m_size.height(), qPrintable(QStringLiteral("%1x%2").arg(size.width()).arg(size.height())));
        QVERIFY2(least.width() <= m_size.width() && least.height() <= m_size.height(), qPrintable(QStringLiteral("%1x%2").arg(least.width()).arg(least.height())));
        QVERIFY2(unmarked.isEmpty(), qPrintable(unmarked));
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
    QDialog* shownDialog() const { return support::shownDialog(m_app->window()); }

    QString nameOf(const QString& name, const QPixmap& picture) const
    {
        const QString size = m_size == kUsualSize ? QString() : QStringLiteral("-%1x%2").arg(m_size.width()).arg(m_size.height());
        return QStringLiteral("%1@%2%3").arg(name).arg(picture.devicePixelRatio()).arg(size);
    }

    void start()
    {
        m_app = std::make_unique<app::Application>(*qApp);
        m_app->start({m_folder.filePath(QStringLiteral("workshop")), {}});
        m_app->window().resize(m_size);
        QTRY_VERIFY_WITH_TIMEOUT(m_app->workspace().project() != nullptr, kAwaitMs);
        auto* tune = static_cast<ui::TunePage*>(m_app->window().page(QStringLiteral("tune")));
        QTRY_VERIFY_WITH_TIMEOUT(tune->verdict().plan.trainRows > 0 && !tune->isChecking(), kAwaitMs);
    }

    void setTheme(const char* theme) { m_app->window().findChild<QAction*>(QStringLiteral("theme.") + QLatin1String(theme))->trigger(); }

    // Every page's own part: the status line tells the memory of the moment.
    std::map<QString, QImage> pictures()
    {
        std::map<QString, QImage> all;
        for (const ui::PageRow& row : ui::pages()) {
            const QString id = QString::fromLatin1(row.id);
            m_app->window().showPage(id);
            settle(id);
            if (QWidget* focused = QApplication::focusWidget()) {
                focused->clearFocus(); // where the person was is no colour
            }
            all[id] = stillPicture(m_app->window().page(id)).convertToFormat(QImage::Format_RGB32);
        }
        return all;
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
        if (page == QStringLiteral("data")) { // its lengths come last
            const auto labels = m_app->window().page(page)->findChildren<QLabel*>();
            QTRY_VERIFY_WITH_TIMEOUT(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) { return label->text().startsWith(QStringLiteral("median")); }), kAwaitMs);
        }
        (void)stillPicture(m_app->window().page(page));
    }

    // Of a widget that is at rest and looks the same once more: what is drawn for the first time may ask for more.
    QImage stillPicture(QWidget* widget)
    {
        QElapsedTimer waited;
        waited.start();
        QImage seen;
        for (bool isStill = false; !isStill && waited.elapsed() < kMostMovingMs;) {
            m_rest->wait();
            QTest::qWait(kFrameMs);
            QImage now = widget->grab().toImage();
            isStill = now == seen;
            seen = std::move(now);
        }
        return seen;
    }

    void save(const QString& name)
    {
        const QPixmap picture = m_app->window().grab();
        const double scale = picture.devicePixelRatio();
        QVERIFY2(picture.size().width() <= m_size.width() * scale && picture.size().height() <= m_size.height() * scale, qPrintable(name));
        QCOMPARE(picture.size(), QSize(m_size * scale));
        std::set<QRgb> colors;
        const QImage image = picture.toImage();
        for (int y = 0; y < image.height(); y += kShrink) {
            for (int x = 0; x < image.width(); x += kShrink) {
                colors.insert(image.pixel(x, y));
            }
        }
        QVERIFY2(colors.size() >= kFewestColors, qPrintable(name));
        support::savePicture(picture, nameOf(name, picture));
    }

    static constexpr int kFrameMs = 17;
    static constexpr int kMostMovingMs = 3000; // what moves for longer moves on

    const QSize m_size = sizeWanted();
    QTemporaryDir m_folder;
    std::unique_ptr<support::AtRest> m_rest;
    std::unique_ptr<app::Application> m_app;
};

QTEST_MAIN(TestScreenshots)
#include "tst_screenshots.moc"
