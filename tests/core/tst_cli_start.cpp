// SPDX-License-Identifier: GPL-3.0-or-later
// The program that starts without LibTorch: it is linked without it, and where its other half is missing every command that
// needs none works all the same, and the others say what is missing.
#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

namespace {

const QString kProgram = QStringLiteral(LUTHIER_BIN_DIR "/luthier");
const QString kResources = QStringLiteral(LUTHIER_SOURCE_DIR "/resources");
const QString kDatasets = QStringLiteral(LUTHIER_SOURCE_DIR "/datasets");
const QString kModel = kResources + QStringLiteral("/models/luthier-tiny");
const QString kRows = kDatasets + QStringLiteral("/workshop_instructions.jsonl");

} // namespace

class TestCliStart : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void namesNoLibTorch();
    void works_data();
    void works();
    void saysWhatIsMissing_data();
    void saysWhatIsMissing();
    void quietHushesProgressAlone();

private:
    int run(const QStringList& arguments);

    QTemporaryDir m_folder;
    QByteArray m_out;
    QByteArray m_err;
};

void TestCliStart::initTestCase()
{
    QVERIFY(QFile::copy(kProgram, m_folder.filePath(QStringLiteral("luthier"))));
}

int TestCliStart::run(const QStringList& arguments)
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("LUTHIER_RESOURCES"), kResources);
    environment.insert(QStringLiteral("LUTHIER_DATASETS"), kDatasets);
    environment.insert(QStringLiteral("HOME"), m_folder.path());
    environment.insert(QStringLiteral("XDG_DATA_HOME"), m_folder.path());
    environment.remove(QStringLiteral("LUTHIER_PROJECT"));
    process.setProcessEnvironment(environment);
    process.start(m_folder.filePath(QStringLiteral("luthier")), arguments);
    const bool ended = process.waitForFinished(60'000) && process.exitStatus() == QProcess::NormalExit;
    m_out = process.readAllStandardOutput();
    m_err = process.readAllStandardError();
    return ended ? process.exitCode() : -1;
}

void TestCliStart::namesNoLibTorch()
{
    QFile file(kProgram);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(!file.readAll().contains("libtorch_cpu.so"));
}

void TestCliStart::works_data()
{
    QTest::addColumn<QStringList>("arguments");
    const auto row = [](const char* name, const QStringList& arguments) { QTest::newRow(name) << arguments; };
    row("version", {QStringLiteral("--version")});
    row("help", {QStringLiteral("--help")});
    row("help of a command with tensors", {QStringLiteral("tune"), QStringLiteral("--help")});
    row("recipe list", {QStringLiteral("recipe"), QStringLiteral("--list")});
    row("recipe example", {QStringLiteral("recipe"), QStringLiteral("--example"), QStringLiteral("lora")});
    row("data show", {QStringLiteral("data"), QStringLiteral("show"), kRows, QStringLiteral("--first"), QStringLiteral("2")});
    row("data stats", {QStringLiteral("data"), QStringLiteral("stats"), kRows, QStringLiteral("--json")});
    row("data check", {QStringLiteral("data"), QStringLiteral("check"), kRows, QStringLiteral("--model"), kModel, QStringLiteral("--json")});
    row("data dedupe", {QStringLiteral("data"), QStringLiteral("dedupe"), kRows, QStringLiteral("--near"), QStringLiteral("--json")});
    row("tokenize", {QStringLiteral("tokenize"), QStringLiteral("--model"), kModel, QStringLiteral("--text"), QStringLiteral("A lute.")});
    row("detokenize", {QStringLiteral("detokenize"), QStringLiteral("--model"), kModel, QStringLiteral("--ids"), QStringLiteral("1,300")});
    row("render", {QStringLiteral("render"), QStringLiteral("--model"), kModel, QStringLiteral("--data"), kRows, QStringLiteral("--row"), QStringLiteral("1")});
    const QString answers = m_folder.filePath(QStringLiteral("answers.jsonl"));
    QFile file(answers);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{\"prediction\":\"oak\",\"reference\":\"oak\"}\n") > 0);
    file.close();
    row("eval of answers", {QStringLiteral("eval"), QStringLiteral("--predictions"), answers, QStringLiteral("--metrics"), QStringLiteral("bleu,rougeL,accuracy"), QStringLiteral("--out"), m_folder.filePath(QStringLiteral("kept"))});
    row("rewards", {QStringLiteral("rewards"), QStringLiteral("list")});
    row("models", {QStringLiteral("models")});
    row("models show", {QStringLiteral("models"), QStringLiteral("show"), kModel, QStringLiteral("--json")});
    row("runs help", {QStringLiteral("runs"), QStringLiteral("--help")});
    row("bench all", {QStringLiteral("bench"), QStringLiteral("all"), QStringLiteral("--list")});
}

void TestCliStart::works()
{
    QFETCH(QStringList, arguments);
    const int code = run(arguments);
    QVERIFY2(!m_err.contains("luthier-tensors"), m_err.constData());
    QVERIFY2(code == 0, m_err.constData());
    QVERIFY(!m_out.isEmpty() || !m_err.isEmpty());
}

void TestCliStart::saysWhatIsMissing_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("generate") << QStringList{QStringLiteral("generate"), QStringLiteral("--model"), kModel, QStringLiteral("--prompt"), QStringLiteral("A")};
    QTest::newRow("data loss") << QStringList{QStringLiteral("data"), QStringLiteral("loss"), kRows, QStringLiteral("--model"), kModel};
    QTest::newRow("bench step") << QStringList{QStringLiteral("bench"), QStringLiteral("step")};
}

void TestCliStart::saysWhatIsMissing()
{
    QFETCH(QStringList, arguments);
    QCOMPARE(run(arguments), 1);
    QVERIFY2(m_err.contains("luthier-tensors") && m_err.contains("belongs beside luthier"), m_err.constData());
    QVERIFY(m_out.isEmpty());
}

// What is left out is said all the same: silence there would be a lie.
void TestCliStart::quietHushesProgressAlone()
{
    const auto convert = [this](const QString& from, const QString& to) {
        return run({QStringLiteral("data"), QStringLiteral("convert"), from, QStringLiteral("--out"), m_folder.filePath(to), QStringLiteral("--quiet")});
    };
    // What could not be read is left out, what gives no example is written; each is said once, with its own first row.
    const QByteArray written = "17 rows give no example and are written as they stand. The first: ";
    QCOMPARE(convert(kDatasets + QStringLiteral("/broken_rows.jsonl"), QStringLiteral("read.jsonl")), 0);
    QVERIFY2(m_err.startsWith("18 rows were left out. The first: ") && m_err.contains("\n" + written) && m_err.count('\n') == 2, m_err.constData());
    QVERIFY2(m_err.count("row 2: ") == 1 && m_err.count("row 3: ") == 1, m_err.constData());
    QCOMPARE(convert(m_folder.filePath(QStringLiteral("read.jsonl")), QStringLiteral("again.jsonl")), 0);
    QVERIFY2(m_err.startsWith(written) && m_err.count('\n') == 1, m_err.constData());
    QCOMPARE(convert(kDatasets + QStringLiteral("/workshop_instructions.jsonl"), QStringLiteral("good.jsonl")), 0);
    QVERIFY2(m_err.isEmpty(), m_err.constData());
}

QTEST_GUILESS_MAIN(TestCliStart)
#include "tst_cli_start.moc"
