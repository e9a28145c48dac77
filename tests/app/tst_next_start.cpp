// SPDX-License-Identifier: GPL-3.0-or-later
// What the person prefers, at the next start: the language with its numbers, the scale, and what the environment says over it.
#include "app/application.h"
#include "tests/support/page_test.h"
#include "ui/base/amounts.h"
#include "ui/settings/app_settings.h"

#include <QLocale>
#include <QTemporaryDir>
#include <QtTest>

using namespace luthier;

class TestNextStart : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        support::keepSettingsIn(m_folder);
        m_scale = qgetenv("QT_SCALE_FACTOR");
        qunsetenv("QT_SCALE_FACTOR");
    }

    void cleanup()
    {
        m_scale.isEmpty() ? qunsetenv("QT_SCALE_FACTOR") : qputenv("QT_SCALE_FACTOR", m_scale);
        QLocale::setDefault(QLocale::c());
        QFile::remove(m_folder.filePath(QStringLiteral("settings.ini")));
    }

    // English words with a German's numbers are neither; as the desktop has it they stay as they were.
    void aLanguageBringsItsNumbers_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("size");
        QTest::newRow("English") << QStringLiteral("en") << QStringLiteral("1.5 MB");
        QTest::newRow("as the desktop") << QStringLiteral("system") << QStringLiteral("1,5 MB");
    }

    void aLanguageBringsItsNumbers()
    {
        QFETCH(QString, language);
        QFETCH(QString, size);
        QLocale::setDefault(QLocale(QLocale::German));
        ui::AppSettings().setText(QStringLiteral("language"), language);
        const app::Application studio(*qApp);
        QCOMPARE(ui::byteText(1'500'000), size);
        QCOMPARE(ui::timeLeft(60), QStringLiteral("1 min left"));
    }

    void theScaleIsTakenAtTheStart()
    {
        app::applyPreferences();
        QVERIFY(!qEnvironmentVariableIsSet("QT_SCALE_FACTOR"));
        ui::AppSettings().setText(QStringLiteral("scale"), QStringLiteral("1.5"));
        app::applyPreferences();
        QCOMPARE(qgetenv("QT_SCALE_FACTOR"), QByteArray("1.5"));
        qputenv("QT_SCALE_FACTOR", "2");
        app::applyPreferences();
        QCOMPARE(qgetenv("QT_SCALE_FACTOR"), QByteArray("2")); // what is set there already stands over it
    }

private:
    QTemporaryDir m_folder;
    QByteArray m_scale;
};

QTEST_MAIN(TestNextStart)
#include "tst_next_start.moc"
