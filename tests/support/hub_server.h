// SPDX-License-Identifier: GPL-3.0-or-later
// HubServer: a small hub on the loopback interface, on a thread of its own. `answer` decides; every request is kept.
// FakeHub: one repository of it, with the ways a real hub fails.
#pragma once

#include <QByteArray>
#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QSemaphore>
#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>
#include <QUrl>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace luthier::support {

struct HubRequest {
    QByteArray method;
    QByteArray path;                      // with its query
    QMap<QByteArray, QByteArray> headers; // names in lower case
};

struct HubAnswer {
    int status = 200;
    QMap<QByteArray, QByteArray> headers;
    QByteArray body;
    qint64 cutAfter = -1; // bytes of the body, then the connection ends; -1: none
    int pauseMs = 0;      // between pieces of the body
};

class HubServer : public QThread {
public:
    using Answer = std::function<HubAnswer(const HubRequest&)>;

    explicit HubServer(Answer answer) : m_answer(std::move(answer))
    {
        start();
        m_listening.acquire();
    }
    ~HubServer() override
    {
        m_ends = true;
        wait();
    }

    QByteArray url() const { return "http://127.0.0.1:" + QByteArray::number(m_port); }
    std::vector<HubRequest> requests() const
    {
        const std::lock_guard lock(m_mutex);
        return m_requests;
    }
    void forget()
    {
        const std::lock_guard lock(m_mutex);
        m_requests.clear();
    }

protected:
    void run() override
    {
        QTcpServer server;
        server.listen(QHostAddress::LocalHost, 0);
        m_port = server.serverPort();
        m_listening.release();
        while (!m_ends) {
            if (server.waitForNewConnection(20)) {
                const std::unique_ptr<QTcpSocket> socket(server.nextPendingConnection());
                serve(*socket);
            }
        }
    }

private:
    void serve(QTcpSocket& socket)
    {
        QByteArray head;
        while (!head.contains("\r\n\r\n")) {
            if (!socket.waitForReadyRead(2000)) {
                return;
            }
            head += socket.readAll();
        }
        const QList<QByteArray> lines = head.left(head.indexOf("\r\n\r\n")).split('\n');
        HubRequest request;
        request.method = lines.front().split(' ').value(0);
        request.path = lines.front().split(' ').value(1);
        for (const QByteArray& line : lines.mid(1)) {
            request.headers[line.left(line.indexOf(':')).trimmed().toLower()] = line.mid(line.indexOf(':') + 1).trimmed();
        }
        {
            const std::lock_guard lock(m_mutex);
            m_requests.push_back(request);
        }
        write(socket, request, m_answer(request));
    }

    void write(QTcpSocket& socket, const HubRequest& request, const HubAnswer& answer)
    {
        QByteArray head = "HTTP/1.1 " + QByteArray::number(answer.status) + " X\r\nConnection: close\r\n";
        for (auto at = answer.headers.begin(); at != answer.headers.end(); ++at) {
            head += at.key() + ": " + at.value() + "\r\n";
        }
        head += "Content-Length: " + QByteArray::number(answer.body.size()) + "\r\n\r\n";
        socket.write(head);
        const bool hasBody = request.method != "HEAD";
        const QByteArray body = hasBody ? (answer.cutAfter < 0 ? answer.body : answer.body.left(answer.cutAfter)) : QByteArray();
        constexpr qsizetype kPiece = 8192;
        for (qsizetype at = 0; at < body.size() && !m_ends && socket.state() == QAbstractSocket::ConnectedState; at += kPiece) {
            socket.write(body.mid(at, kPiece));
            while (socket.bytesToWrite() > 0 && socket.waitForBytesWritten(1000)) {
            }
            if (answer.pauseMs > 0) {
                msleep(static_cast<unsigned long>(answer.pauseMs));
            }
        }
        while (socket.bytesToWrite() > 0 && socket.waitForBytesWritten(1000)) {
        }
        socket.disconnectFromHost();
        if (socket.state() != QAbstractSocket::UnconnectedState) {
            socket.waitForDisconnected(500);
        }
    }

    Answer m_answer;
    QSemaphore m_listening;
    std::atomic<quint16> m_port = 0;
    std::atomic<bool> m_ends = false;
    mutable std::mutex m_mutex;
    std::vector<HubRequest> m_requests;
};

struct FakeFile {
    QByteArray content;
    bool isLarge = false; // kept by SHA-256 and served by the other host

    QByteArray etag() const
    {
        return isLarge ? QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex()
                       : QCryptographicHash::hash("blob " + QByteArray::number(content.size()) + '\0' + content, QCryptographicHash::Sha1).toHex();
    }
};

class FakeHub {
public:
    static constexpr char kCommit[] = "0123456789abcdef0123456789abcdef01234567";

    QMap<QByteArray, FakeFile> files;
    // Changed between downloads only, never while one runs.
    int apiStatus = 200;
    QMap<QByteArray, QByteArray> apiHeaders;
    int cuts = 0;           // so many answers of the other host break off in the middle
    int refusals = 0;       // so many answers of the other host are 503
    bool ignoresRange = false;
    bool sendsOtherBytes = false;
    int pauseMs = 0;
    QByteArray search = "[]";

    FakeHub()
        : m_storage([this](const HubRequest& request) { return store(request); }),
          m_hub([this](const HubRequest& request) { return answer(request); })
    {
    }

    HubServer& hub() { return m_hub; }
    HubServer& storage() { return m_storage; }

private:
    HubAnswer answer(const HubRequest& request)
    {
        if (request.path.startsWith("/api/models?")) {
            return {apiStatus, apiHeaders, search};
        }
        if (request.path.startsWith("/api/")) {
            return {apiStatus, apiHeaders, listing()};
        }
        const QByteArray path = nameOf(request.path, QByteArray("/resolve/") + kCommit + "/");
        if (!files.contains(path)) {
            return {404, {{"X-Error-Code", "EntryNotFound"}}, {}};
        }
        const FakeFile& file = files[path];
        if (file.isLarge) {
            return {302,
                    {{"Location", m_storage.url() + "/stored/" + path + "?signed=1"},
                     {"X-Linked-Etag", '"' + file.etag() + '"'},
                     {"X-Linked-Size", QByteArray::number(file.content.size())},
                     {"X-Repo-Commit", kCommit}},
                    {}};
        }
        return {200, {{"ETag", "W/\"" + file.etag() + '"'}, {"X-Repo-Commit", kCommit}}, file.content};
    }

    HubAnswer store(const HubRequest& request)
    {
        QByteArray content = files[nameOf(request.path, "/stored/")].content;
        if (refusals > 0) {
            --refusals;
            return {503, {}, {}};
        }
        if (sendsOtherBytes) {
            content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
        }
        HubAnswer answer{200, {{"ETag", "\"its-own\""}}, content};
        const QByteArray range = request.headers["range"];
        if (!range.isEmpty() && !ignoresRange) {
            const qint64 from = range.mid(6, range.size() - 7).toLongLong();
            answer.status = from < content.size() ? 206 : 416;
            answer.body = content.mid(from);
            answer.headers["Content-Range"]
                = "bytes " + QByteArray::number(from) + '-' + QByteArray::number(content.size() - 1) + '/' + QByteArray::number(content.size());
        }
        answer.pauseMs = pauseMs;
        if (cuts > 0) {
            --cuts;
            answer.cutAfter = answer.body.size() / 2;
        }
        return answer;
    }

    static QByteArray nameOf(const QByteArray& path, const QByteArray& after)
    {
        QByteArray name = path.mid(path.indexOf(after) + after.size());
        return QByteArray::fromPercentEncoding(name.contains('?') ? name.left(name.indexOf('?')) : name);
    }

    QByteArray listing() const
    {
        QJsonArray siblings;
        for (auto at = files.begin(); at != files.end(); ++at) {
            siblings.append(QJsonObject{{"rfilename", QString::fromUtf8(at.key())}, {"size", at->content.size()}});
        }
        return QJsonDocument(QJsonObject{{"id", "ink/quill"}, {"sha", kCommit}, {"gated", false}, {"tags", QJsonArray{"license:mit"}}, {"siblings", siblings}})
            .toJson();
    }

    HubServer m_storage;
    HubServer m_hub;
};

} // namespace luthier::support
