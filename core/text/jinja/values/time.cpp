// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/jinja/values/time.h"

#include "core/text/jinja/values/budget.h"
#include "core/text/jinja/values/value.h"

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace luthier::text::jinja {

std::string localNow()
{
    if (const char* fixed = std::getenv("LUTHIER_NOW"); fixed != nullptr && *fixed != '\0') {
        return fixed;
    }
    const auto now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    char buffer[32];
    std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S", &parts);
    return buffer;
}

std::string formatTime(const std::string& format, const std::string& now)
{
    std::tm parts{};
    const int read = std::sscanf(now.c_str(), "%d-%d-%dT%d:%d:%d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                                 &parts.tm_hour, &parts.tm_min, &parts.tm_sec);
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    parts.tm_isdst = -1;
    if (read < 3 || format.size() > 4096) {
        fail(read < 3 ? "the time \"" + now + "\" cannot be read; write it as 2024-07-26T13:05:09"
                      : "a time format is longer than 4096 bytes");
    }
    std::mktime(&parts); // the day of the week and of the year
    std::string plain;
    for (std::size_t at = 0; at < format.size(); ++at) {
        // Python's own: microseconds, which this time has not.
        const bool isMicro = format[at] == '%' && at + 1 < format.size() && format[at + 1] == 'f';
        plain += isMicro ? "000000" : std::string(1, format[at]);
        if (format[at] == '%' && at + 1 < format.size()) {
            plain += isMicro ? "" : std::string(1, format[at + 1]);
            ++at;
        }
    }
    plain += '.'; // so that an empty result differs from one that did not fit
    static const locale_t kEnglish = newlocale(LC_ALL_MASK, "C", nullptr);
    std::string out(plain.size() * 8 + 256, '\0');
    const auto size = strftime_l(out.data(), out.size(), plain.c_str(), &parts, kEnglish);
    if (size == 0) {
        fail("a time format writes too much");
    }
    out.resize(size - 1);
    return out;
}

} // namespace luthier::text::jinja
