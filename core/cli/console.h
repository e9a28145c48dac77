// SPDX-License-Identifier: GPL-3.0-or-later
// Console: results on stdout, everything else on stderr.
//   line(json)     one JSON object a line, flushed, so that a reader sees it at once
//   text, piece    for people; control characters of foreign text belong through display.h first
//   progress       one line on stderr, renewed in place on a terminal, a line every few seconds elsewhere
// When stdout's reader went away, writing ends and onClosed is called once.
//
// Threads: any; one mutex.
#pragma once

#include "core/base/json.h"

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace luthier::cli {

class Console {
public:
    struct Settings {
        bool json = false;
        bool quiet = false; // no progress and no notes; warnings and errors stay
        std::function<void()> onClosed;
    };
    explicit Console(Settings settings);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    bool isJson() const { return m_settings.json; }
    bool isClosed() const;
    int width() const; // columns of the terminal; COLUMNS, else 100, where there is none

    void line(const Json& value);
    void text(std::string_view text);  // with a line end added
    void piece(std::string_view text); // as it is

    void progress(const std::string& line);
    void endProgress();
    void note(const std::string& sentence);    // stderr, silent when quiet: what is done, what comes next
    void warning(const std::string& sentence); // stderr, always: what was left out, went wrong or does harm
    void error(const std::string& sentence);   // stderr, always: "luthier: ..."

private:
    void write(std::string_view text);    // stdout; m_mutex held
    void writeError(std::string_view text);
    void eraseProgress();

    Settings m_settings;
    bool m_terminal; // stderr is one
    mutable std::mutex m_mutex;
    bool m_closed = false;                             // guarded by m_mutex, as all below
    bool m_shown = false;                              // a progress line stands on the terminal
    std::chrono::steady_clock::time_point m_lastLine{}; // elsewhere
};

} // namespace luthier::cli
