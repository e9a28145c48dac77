// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/html.h"

#include "core/text/characters/utf8.h"

namespace luthier::report {

namespace {

// Series are Okabe and Ito's colours, which stay apart for people who see fewer; each has a dash pattern beside.
constexpr std::string_view kStyle = R"(
:root{--ground:#fbfaf8;--raised:#fff;--line:#d9d5cf;--text:#23201d;--quiet:#69635b;--accent:#0b5f94;--good:#1d6e4f;--bad:#a33a1f;
--s0:#0b5f94;--s1:#b35a00;--s2:#1d6e4f;--s3:#8c4a78}
@media (prefers-color-scheme:dark){:root{--ground:#1d1f21;--raised:#26292c;--line:#43474b;--text:#e8e5e1;--quiet:#a8a39b;--accent:#7cc0ee;
--good:#6fcfa6;--bad:#f0906f;--s0:#7cc0ee;--s1:#f0a860;--s2:#6fcfa6;--s3:#d9a3c9}}
@media print{:root{--ground:#fff;--raised:#fff;--line:#bbb;--text:#000;--quiet:#444;--accent:#004a75;--good:#00553a;--bad:#8a2000;
--s0:#004a75;--s1:#8a4000;--s2:#00553a;--s3:#6a2a56}section,tr,svg{break-inside:avoid}}
body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.25rem 0 .25rem}
.quiet{color:var(--quiet)}.verdict{font-size:1.1rem;border-left:4px solid var(--accent);padding:.25rem 0 .25rem 1rem;margin:1rem 0}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--quiet);font-weight:600}td.n,th.n{text-align:right;white-space:nowrap}td.s{white-space:nowrap}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font:.85rem/1.4 ui-monospace,monospace;max-height:16rem;overflow:auto}
.good{color:var(--good)}.bad{color:var(--bad)}figure{margin:1rem 0}figcaption{color:var(--quiet);font-size:.9rem}
svg{width:100%;height:auto;max-width:48rem}svg text{fill:var(--quiet);font:12px system-ui,sans-serif}
svg .axis{stroke:var(--line)}svg .s0{stroke:var(--s0)}svg .s1{stroke:var(--s1);stroke-dasharray:7 3}svg .s2{stroke:var(--s2);stroke-dasharray:2 3}
svg .s3{stroke:var(--s3);stroke-dasharray:9 3 2 3}svg .f0{fill:var(--s0)}svg .f1{fill:var(--s1)}svg .f2{fill:var(--s2)}svg .f3{fill:var(--s3)}
)";

} // namespace

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char32_t c : text::toCodePoints(text)) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        case '\'': out += "&#39;"; break;
        case '\n':
        case '\t': out += static_cast<char>(c); break;
        default:
            if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
                text::appendUtf8(out, c < 0x20 ? 0x2400 + c : U'\uFFFD'); // pictures of control characters
            } else {
                text::appendUtf8(out, c);
            }
        }
    }
    return out;
}

std::string element(std::string_view name, std::string_view text)
{
    return "<" + std::string(name) + ">" + escaped(text) + "</" + std::string(name) + ">";
}

std::string section(std::string_view title, const std::string& html)
{
    return html.empty() ? "" : "<section>" + element("h2", title) + html + "</section>\n";
}

Cell textCell(std::string_view text)
{
    constexpr std::size_t kShort = 12; // bytes that are not broken, in words or between them
    return {escaped(text), false, text.size() <= kShort};
}

Cell numberCell(std::string_view text)
{
    return {escaped(text), true};
}

std::string table(const std::vector<std::string>& titles, const std::vector<std::vector<Cell>>& rows)
{
    if (rows.empty()) {
        return {};
    }
    std::string html = "<table><thead><tr>";
    for (std::size_t i = 0; i < titles.size(); ++i) {
        html += rows.front()[i].isNumber ? "<th class=\"n\" scope=\"col\">" : "<th scope=\"col\">";
        html += escaped(titles[i]) + "</th>";
    }
    html += "</tr></thead><tbody>";
    for (const auto& row : rows) {
        html += "<tr>";
        for (const Cell& cell : row) {
            html += (cell.isNumber ? "<td class=\"n\">" : cell.isShort ? "<td class=\"s\">" : "<td>") + cell.html + "</td>";
        }
        html += "</tr>\n";
    }
    return html + "</tbody></table>\n";
}

std::string page(std::string_view title, const std::string& body)
{
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
           + element("title", title) + "<style>" + std::string(kStyle) + "</style></head><body>\n" + body + "</body></html>\n";
}

} // namespace luthier::report
