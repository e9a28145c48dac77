// SPDX-License-Identifier: GPL-3.0-or-later
// SshServer: an sshd of the test's own on loopback, with keys, a home folder and a configuration of ssh in a folder of its own. The
// configuration knows "box" (this machine), "gone" (nobody answers) and "stranger" (box, whose key ssh does not know).
#pragma once

#include "tests/support/free_port.h"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <pwd.h>
#include <string>
#include <unistd.h>

namespace luthier::support {

class SshServer {
public:
    // Empty: it answers. "skip: ..." where there is no sshd here, else what went wrong.
    std::string start()
    {
        namespace fs = std::filesystem;
        const QString server = QStandardPaths::findExecutable(QStringLiteral("sshd"), {QStringLiteral("/usr/sbin"), QStringLiteral("/usr/bin"), QStringLiteral("/usr/local/sbin")});
        if (server.isEmpty() || QStandardPaths::findExecutable(QStringLiteral("ssh-keygen")).isEmpty()) {
            return "skip: there is no sshd here";
        }
        std::error_code code;
        if (::geteuid() == 0) {
            fs::create_directories("/run/sshd", code); // where a server of root's leaves its rights
        }
        for (const char* key : {"host", "user"}) {
            if (QProcess::execute(QStringLiteral("ssh-keygen"), {"-q", "-t", "ed25519", "-N", "", "-f", QString::fromStdString(path(key))}) != 0) {
                return "ssh-keygen failed";
            }
        }
        const std::string port = std::to_string(freePort());
        const std::string user = ::getpwuid(::geteuid())->pw_name;
        fs::create_directories(path("home"), code);
        std::ifstream key(path("user.pub"));
        write("authorized", std::string(std::istreambuf_iterator<char>(key), std::istreambuf_iterator<char>()));
        write("sshd.conf", "ListenAddress 127.0.0.1\nPort " + port + "\nHostKey " + path("host") + "\nAuthorizedKeysFile " + path("authorized")
                               + "\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nPermitRootLogin yes\nSetEnv HOME=" + path("home")
                               + " LUTHIER_RESOURCES=" LUTHIER_SOURCE_DIR "/resources\n");
        const std::string there = " HostName 127.0.0.1\n Port " + port + "\n User " + user + "\n IdentityFile " + path("user") + "\n IdentitiesOnly yes\n LogLevel ERROR\n";
        write("ssh.conf", "Host box\n" + there + " StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\nHost gone\n HostName 127.0.0.1\n Port 1\nHost stranger\n" + there
                              + " StrictHostKeyChecking yes\n UserKnownHostsFile /dev/null\n");
        m_server.setProcessChannelMode(QProcess::MergedChannels);
        m_server.start(server, {"-D", "-e", "-f", QString::fromStdString(path("sshd.conf"))});
        int answer = m_server.waitForStarted() ? -1 : -2;
        for (int i = 0; i < 50 && answer != 0; ++i) {
            QTest::qWait(100);
            answer = QProcess::execute(QStringLiteral("ssh"), {"-F", QString::fromStdString(path("ssh.conf")), "-o", "BatchMode=yes", "box", "true"});
        }
        return answer == 0 ? std::string() : m_server.readAll().toStdString() + " no answer";
    }
    ~SshServer()
    {
        m_server.terminate();
        m_server.waitForFinished();
    }

    std::string path(const std::string& name) const { return m_folder.filePath(QString::fromStdString(name)).toStdString(); }
    std::string ssh() const { return "ssh -F " + path("ssh.conf"); } // for LUTHIER_SSH
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name), std::ios::binary) << text; }

private:
    QTemporaryDir m_folder;
    QProcess m_server;
};

} // namespace luthier::support
