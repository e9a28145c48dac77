// SPDX-License-Identifier: GPL-3.0-or-later
// The hub: names, choice of files, and downloads from a server of the test's own that cuts, redirects, refuses and lies.
#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/hub/download.h"
#include "core/hub/hub_cache.h"
#include "core/hub/http.h"
#include "core/hub/http_url.h"
#include "core/hub/installed_models.h"
#include "core/hub/transfer_rate.h"
#include "tests/support/hub_server.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

using namespace luthier;
using namespace luthier::hub;
using support::FakeHub;

namespace fs = std::filesystem;

namespace {

const char kToken[] = "hf_secretSecretSecret";
const RepoName kRepo{"ink/quill"};

QByteArray numbers(int size)
{
    QByteArray bytes(size, '\0');
    for (int i = 0; i < size; ++i) {
        bytes[i] = static_cast<char>((i * 7919) >> 3);
    }
    return bytes;
}

QByteArray bundled(const char* name)
{
    QFile file(QString::fromStdString((base::bundledModel() / name).string()));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

Repository repositoryOf(const QStringList& paths)
{
    Repository repository;
    repository.name = kRepo;
    for (const QString& path : paths) {
        const auto parts = path.split(u':'); // "name:size"
        repository.files.push_back({parts[0].toStdString(), parts.size() > 1 ? parts[1].toLongLong() : 1});
    }
    return repository;
}

} // namespace

class TestHub : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_hub.reset(); }

    void names_data();
    void names();
    void pathsStayInside();
    void addresses();
    void choices_data();
    void choices();
    void rateForgetsTheDistantPast();
    void settingsComeFromTheEnvironment();

    void wholeModelLandsInTheSharedCache();
    void tokenStaysWithTheHub();
    void cutIsResumedAtOnce();
    void cutIsResumedAnotherDay();
    void rangeMayBeIgnored();
    void serverMayRecover();
    void wrongContentIsNotKept();
    void cancelKeepsWhatCame();
    void refusals_data();
    void refusals();
    void filesThatWouldLeaveTheFolder();
    void offline();
    void searchReadsWhatThereIs();
    void commandLine();

private:
    HubSettings settings() const;
    Result<Downloaded> get(DownloadOptions options = {}) const { return download(settings(), kRepo, options); }
    fs::path folder() const { return fs::path(m_folder->path().toStdString()) / "hub" / "models--ink--quill"; }
    fs::path blob(const char* name) const { return folder() / "blobs" / m_hub->files[name].etag().toStdString(); }
    QByteArray content(const fs::path& path) const
    {
        QFile file(QString::fromStdString(path.string()));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<FakeHub> m_hub;
};

void TestHub::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_hub = std::make_unique<FakeHub>();
    m_hub->files = {{"config.json", {bundled("config.json")}},
                    {"README.md", {"---\nlicense: mit\n---\nA quill."}},
                    {"tokenizer.json", {numbers(3000), true}},
                    {"model.safetensors", {numbers(200'000), true}},
                    {"pytorch_model.bin", {numbers(100), true}},
                    {"onnx/model.onnx", {numbers(100), true}}};
}

HubSettings TestHub::settings() const
{
    HubSettings settings;
    settings.endpoint = m_hub->hub().url().toStdString();
    settings.cache = m_folder->filePath(QStringLiteral("hub")).toStdString();
    settings.token = kToken;
    settings.retryDelay = std::chrono::milliseconds(1);
    settings.tries = 3;
    return settings;
}

void TestHub::names_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("folder"); // empty: refused
    QTest::addColumn<QString>("revision");
    QTest::newRow("with owner") << "org/name-1.5" << "models--org--name-1.5" << "main";
    QTest::newRow("canonical") << "gpt2" << "models--gpt2" << "main";
    QTest::newRow("revision") << "org/name@refs/pr/1" << "models--org--name" << "refs/pr/1";
    for (const char* bad : {"", "/", "org/", "../name", "org/..", "a/b/c", "org/na me", "org/na--me", "org/name@../../x", "org/name@", "-x/y"}) {
        QTest::addRow("refused '%s'", bad) << QString::fromLatin1(bad) << "" << "";
    }
}

void TestHub::names()
{
    QFETCH(QString, text);
    QFETCH(QString, folder);
    const auto name = parseRepoName(text.toStdString());
    QCOMPARE(name.ok(), !folder.isEmpty());
    if (name) {
        QCOMPARE(QString::fromStdString(name->folder()), folder);
        QTEST(QString::fromStdString(name->revision), "revision");
        QCOMPARE(repoOfFolder(name->folder()), std::optional(name->id));
    }
}

void TestHub::pathsStayInside()
{
    for (const char* good : {"a", "a/b.json", "..a", "a..b/c"}) {
        QVERIFY2(isSafePath(good), good);
    }
    for (const char* bad : {"", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.", "a\\b", "a\nb"}) {
        QVERIFY2(!isSafePath(bad), bad);
    }
}

void TestHub::addresses()
{
    QCOMPARE(originOf("HTTPS://Hub.Example:443/a"), std::string("https://hub.example"));
    QCOMPARE(originOf("https://hub.example@evil.example/a"), std::string("https://evil.example"));
    QCOMPARE(originOf("https://evil.example\\@hub.example/"), std::string("https://evil.example"));
    QCOMPARE(originOf("file:///etc/passwd"), std::string());
    QCOMPARE(resolveUrl("https://a/b/c?d", "/e"), std::string("https://a/e"));
    QCOMPARE(resolveUrl("https://a/b/c?d=/x", "e"), std::string("https://a/b/e"));
    QCOMPARE(resolveUrl("https://a/b", "//c/d"), std::string("https://c/d"));
    QCOMPARE(resolveUrl("https://a/b", "http://c/d"), std::string("http://c/d"));
    QCOMPARE(urlQuoted("a b/\xc3\xa9", true), std::string("a%20b/%C3%A9"));
    QCOMPARE(urlQuoted("refs/pr/1", false), std::string("refs%2Fpr%2F1"));
}

void TestHub::choices_data()
{
    QTest::addColumn<QStringList>("there");
    QTest::addColumn<QString>("gguf");
    QTest::addColumn<QStringList>("taken"); // empty: refused
    QTest::newRow("only what is needed")
        << QStringList{"LICENSE", "config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "x/model.safetensors", ".gitattributes"} << ""
        << QStringList{"LICENSE", "config.json", "tokenizer.json", "model.safetensors"};
    QTest::newRow("shards with their index")
        << QStringList{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "consolidated.safetensors"}
        << "" << QStringList{"model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"};
    QTest::newRow("the smaller set") << QStringList{"model.safetensors:90", "model.safetensors.index.json", "model-00001-of-00001.safetensors:40"} << ""
                                     << QStringList{"model.safetensors.index.json", "model-00001-of-00001.safetensors"};
    QTest::newRow("usual gguf") << QStringList{"a-Q8_0.gguf:80", "a-Q4_K_M.gguf:40", "a-Q2_K.gguf:20", "mmproj-a.gguf:1"} << "" << QStringList{"a-Q4_K_M.gguf"};
    QTest::newRow("asked gguf") << QStringList{"a-Q8_0.gguf:80", "a-Q4_K_M.gguf:40", "model.safetensors"} << "q8_0" << QStringList{"a-Q8_0.gguf"};
    QTest::newRow("gguf in parts") << QStringList{"a-00001-of-00002.gguf", "a-00002-of-00002.gguf"} << ""
                                   << QStringList{"a-00001-of-00002.gguf", "a-00002-of-00002.gguf"};
    QTest::newRow("no such gguf") << QStringList{"a-Q8_0.gguf"} << "q4" << QStringList{};
    QTest::newRow("pickles only") << QStringList{"config.json", "pytorch_model.bin"} << "" << QStringList{};
}

void TestHub::choices()
{
    QFETCH(QStringList, there);
    QFETCH(QString, gguf);
    QFETCH(QStringList, taken);
    const auto choice = chooseFiles(repositoryOf(there), gguf.toStdString());
    QCOMPARE(choice.ok(), !taken.isEmpty());
    QStringList got;
    for (const RemoteFile& file : choice ? choice->files : std::vector<RemoteFile>()) {
        got += QString::fromStdString(file.path);
    }
    QCOMPARE(got, taken);
}

void TestHub::rateForgetsTheDistantPast()
{
    TransferRate rate;
    const TransferRate::Clock::time_point start{};
    QCOMPARE(rate.bytesPerSecond(), 0.0);
    QVERIFY(rate.secondsLeft(100) < 0);
    for (int second = 0; second <= 10; ++second) { // slow at first, then 1000 bytes a second
        rate.add(second < 3 ? second : 3 + (second - 3) * 1000, start + std::chrono::seconds(second));
    }
    QCOMPARE(rate.bytesPerSecond(), 1000.0);
    QCOMPARE(rate.secondsLeft(9003), 2.0);
}

void TestHub::settingsComeFromTheEnvironment()
{
    const auto home = m_folder->filePath(QStringLiteral("home")).toUtf8();
    QVERIFY(QDir().mkpath(QString::fromUtf8(home)));
    QFile token(QString::fromUtf8(home) + QStringLiteral("/token"));
    QVERIFY(token.open(QIODevice::WriteOnly));
    token.write("hf_fromFile\n");
    token.close();
    for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN_PATH"}) {
        qunsetenv(name);
    }
    qputenv("HF_HOME", home);
    qputenv("HF_ENDPOINT", "https://mirror.example/");
    qputenv("HF_HUB_OFFLINE", "1");
    HubSettings settings = settingsFromEnvironment();
    QCOMPARE(settings.endpoint, std::string("https://mirror.example"));
    QCOMPARE(settings.cache, fs::path(home.toStdString()) / "hub");
    QCOMPARE(settings.token, std::string("hf_fromFile"));
    QVERIFY(settings.offline);
    qputenv("HF_TOKEN", "hf_fromVariable");
    qputenv("HF_HUB_CACHE", "/elsewhere");
    qputenv("HF_HUB_OFFLINE", "0");
    settings = settingsFromEnvironment();
    QCOMPARE(settings.token, std::string("hf_fromVariable"));
    QCOMPARE(settings.cache, fs::path("/elsewhere"));
    QVERIFY(!settings.offline);
    for (const char* name : {"HF_TOKEN", "HF_HUB_CACHE", "HF_HOME", "HF_ENDPOINT", "HF_HUB_OFFLINE"}) {
        qunsetenv(name);
    }
}

void TestHub::wholeModelLandsInTheSharedCache()
{
    DownloadProgress last;
    DownloadOptions options;
    options.onProgress = [&](const DownloadProgress& progress) { last = progress; };
    const auto got = get(options);
    QVERIFY2(got.ok(), got.ok() ? "" : got.message().c_str());
    QCOMPARE(got->path, folder() / "snapshots" / FakeHub::kCommit);
    QCOMPARE(content(folder() / "refs" / "main"), QByteArray(FakeHub::kCommit));
    qint64 bytes = 0;
    for (const char* name : {"config.json", "README.md", "tokenizer.json", "model.safetensors"}) {
        QCOMPARE(content(got->path / name), m_hub->files[name].content);
        QCOMPARE(fs::read_symlink(got->path / name), fs::path("../../blobs") / m_hub->files[name].etag().toStdString());
        bytes += m_hub->files[name].content.size();
    }
    QVERIFY(!fs::exists(got->path / "pytorch_model.bin") && !fs::exists(got->path / "onnx"));
    QCOMPARE(last.done, bytes);
    QCOMPARE(last.total, bytes);

    const auto models = installedModels({{}, settings().cache, {}});
    const auto found = std::find_if(models.begin(), models.end(), [](const auto& model) { return model.source == ModelSource::Hub; });
    QVERIFY(found != models.end());
    QCOMPARE(found->name, kRepo.id);
    QCOMPARE(found->license, std::string("mit"));
    QCOMPARE(found->weightBytes, std::int64_t{200'000});
    QVERIFY2(found->problem.empty(), found->problem.c_str());
    // What is no model says what it is.
    QTemporaryDir other;
    QVERIFY(base::writeFileAtomically(fs::path(other.path().toStdString()) / "model_index.json", "{}").ok());
    const auto pictures = readInstalledModel(other.path().toStdString(), ModelSource::Added);
    QVERIFY2(pictures.problem.find("which makes pictures") != std::string::npos, pictures.problem.c_str());

    m_hub->hub().forget();
    m_hub->storage().forget();
    QVERIFY(get().ok()); // all there: one question, nothing fetched
    QCOMPARE(m_hub->hub().requests().size(), std::size_t{1});
    QVERIFY(m_hub->storage().requests().empty());
    QVERIFY(HubCache(settings().cache).remove(kRepo).ok());
    QVERIFY(!fs::exists(folder()));
}

void TestHub::tokenStaysWithTheHub()
{
    QVERIFY(get().ok());
    QVERIFY(!m_hub->storage().requests().empty());
    for (const auto& request : m_hub->storage().requests()) {
        QVERIFY(!request.headers.contains("authorization"));
    }
    for (const auto& request : m_hub->hub().requests()) {
        QCOMPARE(request.headers["authorization"], QByteArray("Bearer ") + kToken);
    }
}

void TestHub::cutIsResumedAtOnce()
{
    m_hub->cuts = 2;
    const auto got = get();
    QVERIFY2(got.ok(), got.ok() ? "" : got.message().c_str());
    QCOMPARE(content(got->path / "model.safetensors"), m_hub->files["model.safetensors"].content);
    QStringList ranges;
    for (const auto& request : m_hub->storage().requests()) {
        if (request.headers.contains("range")) {
            ranges += QString::fromLatin1(request.headers["range"]);
        }
    }
    QVERIFY2(ranges.contains(QStringLiteral("bytes=1500-")), qPrintable(ranges.join(u' '))); // half of tokenizer.json
}

void TestHub::cutIsResumedAnotherDay()
{
    HubSettings impatient = settings();
    impatient.tries = 1;
    m_hub->files.remove("tokenizer.json");
    m_hub->cuts = 1;
    const auto cut = download(impatient, kRepo, {});
    QVERIFY(!cut.ok());
    QVERIFY2(cut.message().find("broke off") != std::string::npos, cut.message().c_str());
    QCOMPARE(fs::file_size(blob("model.safetensors").string() + ".incomplete"), std::uintmax_t{100'000});
    QVERIFY(!fs::exists(folder() / "refs" / "main")); // half a model is none
    m_hub->storage().forget();
    const auto got = get();
    QVERIFY2(got.ok(), got.ok() ? "" : got.message().c_str());
    QCOMPARE(m_hub->storage().requests().size(), std::size_t{1});
    QCOMPARE(m_hub->storage().requests().front().headers["range"], QByteArray("bytes=100000-"));
    QCOMPARE(content(got->path / "model.safetensors"), m_hub->files["model.safetensors"].content);
    QVERIFY(!fs::exists(blob("model.safetensors").string() + ".incomplete"));
}

void TestHub::rangeMayBeIgnored()
{
    m_hub->cuts = 1;
    m_hub->ignoresRange = true;
    const auto got = get();
    QVERIFY2(got.ok(), got.ok() ? "" : got.message().c_str());
    QCOMPARE(content(got->path / "tokenizer.json"), m_hub->files["tokenizer.json"].content);
    QCOMPARE(content(got->path / "model.safetensors"), m_hub->files["model.safetensors"].content);
}

void TestHub::serverMayRecover()
{
    m_hub->refusals = 2;
    QVERIFY(get().ok());
    QVERIFY(HubCache(settings().cache).remove(kRepo).ok());
    m_hub->refusals = 99;
    const auto got = get();
    QVERIFY(!got.ok());
    QVERIFY2(got.message().find("503") != std::string::npos, got.message().c_str());
}

void TestHub::wrongContentIsNotKept()
{
    m_hub->sendsOtherBytes = true;
    const auto got = get();
    QVERIFY(!got.ok());
    QVERIFY2(got.message().find("checksum") != std::string::npos, got.message().c_str());
    QVERIFY(!fs::exists(blob("tokenizer.json")));
    QVERIFY(!fs::exists(blob("tokenizer.json").string() + ".incomplete"));
    QVERIFY(!fs::exists(folder() / "snapshots" / FakeHub::kCommit / "tokenizer.json"));
    QVERIFY(!fs::exists(folder() / "refs" / "main"));
    m_hub->sendsOtherBytes = false;
    QVERIFY(get().ok());
}

void TestHub::cancelKeepsWhatCame()
{
    m_hub->pauseMs = 5;
    m_hub->files.remove("tokenizer.json");
    DownloadOptions options;
    options.onProgress = [&](const DownloadProgress& progress) {
        if (progress.file == "model.safetensors" && progress.done > 60'000) {
            options.cancel.cancel();
        }
    };
    const auto got = get(options);
    QVERIFY(!got.ok());
    QCOMPARE(got.message(), std::string("cancelled"));
    const auto kept = fs::file_size(blob("model.safetensors").string() + ".incomplete");
    QVERIFY2(kept > 30'000 && kept < 200'000, std::to_string(kept).c_str());
    m_hub->pauseMs = 0;
    const auto rest = get();
    QVERIFY2(rest.ok(), rest.ok() ? "" : rest.message().c_str());
    QCOMPARE(content(rest->path / "model.safetensors"), m_hub->files["model.safetensors"].content);
}

void TestHub::refusals_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("said");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("401, nobody knows") << 401 << QByteArray("RepoNotFound") << QByteArray() << "private or gated";
    QTest::newRow("401, gated") << 401 << QByteArray("GatedRepo") << QByteArray() << "accept them at";
    QTest::newRow("401, bad token") << 401 << QByteArray() << QByteArray("Invalid credentials in Authorization header") << "does not accept the access token";
    QTest::newRow("403") << 403 << QByteArray("GatedRepo") << QByteArray() << "/ink/quill";
    QTest::newRow("404") << 404 << QByteArray("RepoNotFound") << QByteArray() << "no such model";
    QTest::newRow("404, revision") << 404 << QByteArray("RevisionNotFound") << QByteArray() << "no such revision";
    QTest::newRow("429") << 429 << QByteArray() << QByteArray() << "pause";
    QTest::newRow("500") << 500 << QByteArray() << QByteArray() << "problem of its own";
}

void TestHub::refusals()
{
    QFETCH(QString, sentence);
    m_hub->apiStatus = *static_cast<const int*>(QTest::qData("status", qMetaTypeId<int>()));
    m_hub->apiHeaders = {{"X-Error-Code", *static_cast<const QByteArray*>(QTest::qData("code", qMetaTypeId<QByteArray>()))},
                         {"X-Error-Message", *static_cast<const QByteArray*>(QTest::qData("said", qMetaTypeId<QByteArray>()))}};
    const auto got = get();
    QVERIFY(!got.ok());
    const QString message = QString::fromStdString(got.message());
    QVERIFY2(message.startsWith(QStringLiteral("ink/quill: ")) && message.contains(sentence), qPrintable(message));
    QVERIFY(!message.contains(QLatin1String(kToken)));
    QVERIFY(!fs::exists(folder()));
}

void TestHub::filesThatWouldLeaveTheFolder()
{
    m_hub->files["../../../escaped"] = {"x"};
    const auto got = get();
    QVERIFY(!got.ok());
    QVERIFY2(got.message().find("leave") != std::string::npos, got.message().c_str());
    QVERIFY(!fs::exists(folder()));
}

void TestHub::offline()
{
    HubSettings alone = settings();
    alone.offline = true;
    const auto none = download(alone, kRepo, {});
    QVERIFY(!none.ok());
    QVERIFY2(none.message().find("HF_HUB_OFFLINE") != std::string::npos, none.message().c_str());
    QVERIFY(!HubClient(alone).search("quill", 5).ok());
    QVERIFY(m_hub->hub().requests().empty());
    QVERIFY(get().ok());
    const auto cached = download(alone, kRepo, {});
    QVERIFY(cached.ok());
    QCOMPARE(cached->path, folder() / "snapshots" / FakeHub::kCommit);
    alone.offline = false;
    alone.endpoint = "http://127.0.0.1:9"; // nobody listens
    const auto unreachable = HubClient(alone).search("quill", 5);
    QVERIFY(!unreachable.ok());
    QVERIFY2(unreachable.message().find("no connection") != std::string::npos, unreachable.message().c_str());
}

void TestHub::searchReadsWhatThereIs()
{
    m_hub->search = R"([{"id":"ink/quill","downloads":12,"likes":3,"gated":"manual","tags":["gguf","license:mit"],"safetensors":{"total":1700}},
                        {"id":"../evil"},{"id":"plain/one","gated":false,"downloads":-4,"tags":7}])";
    const auto hits = HubClient(settings()).search("ink & quill", 7);
    QVERIFY2(hits.ok(), hits.ok() ? "" : hits.message().c_str());
    QCOMPARE(hits->size(), std::size_t{2});
    QCOMPARE(hits->front().license, std::string("mit"));
    QCOMPARE(hits->front().parameters, std::int64_t{1700});
    QVERIFY(hits->front().isGated && hits->front().hasGguf);
    QVERIFY(!hits->back().isGated);
    QCOMPARE(hits->back().downloads, std::int64_t{0});
    const QByteArray path = m_hub->hub().requests().front().path;
    QVERIFY2(path.contains("search=ink%20%26%20quill") && path.contains("limit=7"), path.constData());
    m_hub->search = "<html>";
    QVERIFY(!HubClient(settings()).search("x", 1).ok());
}

void TestHub::commandLine()
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("HF_ENDPOINT"), QString::fromLatin1(m_hub->hub().url()));
    environment.insert(QStringLiteral("HF_HOME"), m_folder->path());
    environment.insert(QStringLiteral("HF_TOKEN"), QLatin1String(kToken));
    QByteArray errors;
    const auto luthier = [&](const QStringList& arguments, int expected) {
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(LUTHIER_BIN_DIR "/luthier"), arguments);
        process.waitForFinished(60'000);
        errors += process.readAllStandardError();
        if (process.exitCode() != expected) {
            qWarning() << arguments << process.exitCode() << errors;
        }
        return process.exitCode() == expected ? process.readAllStandardOutput() : QByteArray("wrong exit code");
    };
    const QByteArray got = luthier({"models", "download", "ink/quill", "--json"}, 0);
    const QJsonObject object = QJsonDocument::fromJson(got).object();
    QCOMPARE(object["name"].toString(), QStringLiteral("ink/quill"));
    QVERIFY2(QFile::exists(object["path"].toString() + QStringLiteral("/config.json")), got.constData());
    QVERIFY(luthier({"models", "list", "--json"}, 0).contains("\"ink/quill\""));
    m_hub->search = R"([{"id":"ink/quill","downloads":12}])";
    QVERIFY(luthier({"models", "search", "quill", "--json"}, 0).contains("\"downloads\":12"));
    QVERIFY(luthier({"models", "delete", "ink/quill"}, 0).contains("deleted"));
    QVERIFY(!luthier({"models", "list", "--json"}, 0).contains("\"ink/quill\""));
    luthier({"models", "delete", "ink/quill"}, 1);
    m_hub->apiStatus = 404;
    luthier({"models", "download", "ink/quill"}, 1);
    QVERIFY2(errors.contains("no such model"), errors.constData());
    QVERIFY(!errors.contains(kToken));
}

QTEST_APPLESS_MAIN(TestHub)
#include "tst_hub.moc"
