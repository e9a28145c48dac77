// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/console.h"

#include "core/cli/display.h"
#include "core/text/characters/utf8.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <sys/ioctl.h>
#include <unistd.h>

namespace luthier::cli {

namespace {

constexpr auto kLineEvery = std::chrono::seconds(5);
constexpr int kUsualWidth = 100;

int terminalWidth(int descriptor)
{
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    const char* columns = std::getenv("COLUMNS");
    int width = 0;
    if (columns && std::from_chars(columns, columns + std::strlen(columns), width).ec == std::errc()
        && width > 0) {
        return width;
    }
    return kUsualWidth;
}

// False when the reader is gone or the disk behind the descriptor is full.
bool writeAll(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t wrote = ::write(descriptor, text.data(), text.size());
        if (wrote < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (wrote <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

} // namespace

Console::Console(Settings settings)
    : m_settings(std::move(settings)), m_terminal(::isatty(STDERR_FILENO) == 1)
{
}

Console::~Console()
{
    endProgress();
}

bool Console::isClosed() const
{
    const std::lock_guard lock(m_mutex);
    return m_closed;
}

int Console::width() const
{
    return std::max(40, terminalWidth(STDOUT_FILENO));
}

void Console::write(std::string_view text)
{
    bool lost = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed) {
            return;
        }
        eraseProgress();
        lost = m_closed = !writeAll(STDOUT_FILENO, text);
        if (lost && errno != EPIPE) {
            writeError(std::string("luthier: cannot write the results: ") + std::strerror(errno) + "\n");
        }
    }
    if (lost && m_settings.onClosed) {
        m_settings.onClosed();
    }
}

void Console::writeError(std::string_view text)
{
    writeAll(STDERR_FILENO, text);
}

void Console::line(const Json& value)
{
    write(base::dumpJson(value) + "\n");
}

void Console::text(std::string_view text)
{
    write(std::string(text) + "\n");
}

void Console::piece(std::string_view text)
{
    write(text);
}

void Console::eraseProgress()
{
    if (m_shown) {
        writeError("\r\x1b[K");
        m_shown = false;
    }
}

void Console::progress(const std::string& line)
{
    if (m_settings.quiet) {
        return;
    }
    const std::lock_guard lock(m_mutex);
    const auto now = std::chrono::steady_clock::now();
    if (m_terminal) {
        writeError("\r\x1b[K" + cutTo(line, std::max(20, terminalWidth(STDERR_FILENO) - 1)));
        m_shown = true;
    } else if (now - m_lastLine >= kLineEvery) {
        writeError(line + "\n");
        m_lastLine = now;
    }
}

void Console::endProgress()
{
    const std::lock_guard lock(m_mutex);
    eraseProgress();
}

void Console::note(const std::string& sentence)
{
    if (!m_settings.quiet) {
        warning(sentence);
    }
}

void Console::warning(const std::string& sentence)
{
    const std::lock_guard lock(m_mutex);
    eraseProgress();
    writeError(text::replaceInvalid(sentence) + "\n");
}

void Console::error(const std::string& sentence)
{
    const std::lock_guard lock(m_mutex);
    eraseProgress();
    writeError("luthier: " + text::replaceInvalid(sentence) + "\n"); // it may quote a file
}

} // namespace luthier::cli
