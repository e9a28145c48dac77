// SPDX-License-Identifier: GPL-3.0-or-later
// The desktop's notice when a run ends while the person is elsewhere: over a bus of the test's own, to a service that keeps what it was
// told. Without a bus nothing happens, and nothing is said where the person wants none.
#include "core/base/files.h"
#include "core/base/json.h"
#include "tests/support/page_test.h"
#include "ui/bridge/desktop_notice.h"
#include "ui/frame/banner.h"
#include "ui/settings/app_settings.h"
#include "ui/window/run_news.h"
#include "ui/workspace/run_controller.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusError>
#include <QLabel>
#include <QProcess>
#include <QtTest>

#include <memory>

using namespace luthier;
using namespace luthier::ui;

namespace {

constexpr int kAwaitMs = 120'000;
constexpr int kBusMs = 10'000;

} // namespace

// What a desktop has.
class Desktop : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")

public:
    struct Told {
        QString program;
        QString title;
        QString text;
        QVariantMap hints;
    };
    QList<Told> told;

public Q_SLOTS:
    uint Notify(const QString& program, uint, const QString&, const QString& title, const QString& text, const QStringList&, const QVariantMap& hints, int)
    {
        told.append({program, title, text, hints});
        return static_cast<uint>(told.size());
    }
};

class TestDesktopNotice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!qEnvironmentVariableIsSet("LUTHIER_TEST_BUS")) {
            QSKIP("there is no dbus-daemon on this machine");
        }
        auto bus = QDBusConnection::connectToBus(qEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS"), QStringLiteral("desktop"));
        QVERIFY2(bus.isConnected(), qPrintable(bus.lastError().message()));
        QVERIFY(bus.registerObject(QStringLiteral("/org/freedesktop/Notifications"), &m_desktop, QDBusConnection::ExportAllSlots));
        QVERIFY(bus.registerService(QStringLiteral("org.freedesktop.Notifications")));
    }

    void init() { m_desktop.told.clear(); }

    void textIsNoMarkup()
    {
        tellDesktop(QStringLiteral("A run finished"), QStringLiteral("<b>bold</b> & low finished"));
        QTRY_COMPARE_WITH_TIMEOUT(m_desktop.told.size(), 1, kBusMs);
        QCOMPARE(m_desktop.told[0].program, QStringLiteral("Luthier"));
        QCOMPARE(m_desktop.told[0].title, QStringLiteral("A run finished"));
        QCOMPARE(m_desktop.told[0].text, QStringLiteral("&lt;b&gt;bold&lt;/b&gt; &amp; low finished"));
        QVERIFY(m_desktop.told[0].hints.value(QStringLiteral("suppress-sound")).toBool());
    }

    // A run that ends, one that fails, and one whose end the person wants to hear nothing of.
    void endsAreTold_data()
    {
        QTest::addColumn<bool>("isWanted");
        QTest::addColumn<QString>("data");
        QTest::addColumn<QString>("title");
        QTest::newRow("finished") << true << QStringLiteral("rows.jsonl") << QStringLiteral("A run finished");
        QTest::newRow("failed") << true << QStringLiteral("gone.jsonl") << QStringLiteral("A run failed");
        QTest::newRow("switched off") << false << QStringLiteral("rows.jsonl") << QString();
    }

    void endsAreTold()
    {
        QFETCH(bool, isWanted);
        QFETCH(QString, data);
        QFETCH(QString, title);
        QTemporaryDir folder;
        support::keepSettingsIn(folder);
        AppSettings().setText(QStringLiteral("notices"), isWanted ? QStringLiteral("on") : QStringLiteral("off"));
        std::string rows;
        for (int i = 0; i < 12; ++i) {
            rows += base::dumpJson(Json{{"prompt", "What lies on bench " + std::to_string(i) + "?"}, {"completion", "A saw."}}) + "\n";
        }
        QVERIFY(base::writeFileAtomically(folder.filePath(QStringLiteral("rows.jsonl")).toStdString(), rows).ok());
        config::RunConfig config;
        config.model.path = LUTHIER_SOURCE_DIR "/resources/models/luthier-tiny";
        config.model.device = "cpu";
        config.data.train = {folder.filePath(data).toStdString()};
        config.run.maxSteps = 2;
        config.run.threads = 1;
        config.run.probeTokens = 1;
        config.run.name = "evening";
        Workspace workspace;
        Banner strip;
        RunNews news(workspace, &strip);
        workspace.openProject(folder.filePath(QStringLiteral("project")));
        QTRY_VERIFY_WITH_TIMEOUT(workspace.project() != nullptr, kAwaitMs);
        workspace.runs()->start(config);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.runs()->isBusy(), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(!workspace.runs()->isBusy(), kAwaitMs);
        QTRY_VERIFY_WITH_TIMEOUT(news.isNew(), kAwaitMs);
        if (isWanted) {
            QTRY_COMPARE_WITH_TIMEOUT(m_desktop.told.size(), 1, kBusMs);
            QCOMPARE(m_desktop.told[0].title, title);
            QVERIFY2(m_desktop.told[0].text.startsWith(QStringLiteral("evening ")), qPrintable(m_desktop.told[0].text));
            qInfo("%s: %s", qPrintable(title), qPrintable(m_desktop.told[0].text));
        } else {
            QTest::qWait(200);
            QVERIFY(m_desktop.told.isEmpty());
        }
        waitForJobs();
    }

private:
    Desktop m_desktop;
};

// The bus stands before the program asks for one.
int main(int argc, char** argv)
{
    QProcess daemon;
    daemon.start(QStringLiteral("dbus-daemon"), {QStringLiteral("--session"), QStringLiteral("--nofork"), QStringLiteral("--print-address")});
    if (daemon.waitForStarted(kBusMs) && daemon.waitForReadyRead(kBusMs)) {
        qputenv("DBUS_SESSION_BUS_ADDRESS", daemon.readLine().trimmed());
        qputenv("LUTHIER_TEST_BUS", "1");
    }
    int failures = 0;
    {
        QApplication app(argc, argv);
        TestDesktopNotice test;
        failures = QTest::qExec(&test, argc, argv);
    }
    daemon.kill();
    daemon.waitForFinished(kBusMs);
    return failures;
}

#include "tst_desktop_notice.moc"
