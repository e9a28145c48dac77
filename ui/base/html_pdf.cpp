// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/base/html_pdf.h"

#include "core/base/files.h"

#include <QBuffer>
#include <QImage>
#include <QPageLayout>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgRenderer>
#include <QTextDocument>
#include <QUrl>

#include <algorithm>
#include <functional>
#include <utility>

namespace luthier::ui {

namespace {

constexpr int kDotsPerInch = 150;
constexpr int kDrawnWidth = 480;  // of a drawing on the page, in the text's pixels; of one that says its width, that
constexpr int kImageScale = 3;    // dots of a drawing for each of those

// What the page's own style says of paper, in words that the printer's renderers know: these are ink on paper, no colours of the window.
const char* const kSvgStyle = "<style>text{fill:#444444;font-size:12px;font-family:sans-serif}.f0{fill:#004a75}.f1{fill:#8a4000}.f2{fill:#00553a}.f3{fill:#6a2a56}</style>";
// Lines say it themselves: the renderer takes no stroke from a class.
constexpr std::pair<const char*, const char*> kStrokes[] = {{"class=\"axis\"", "stroke=\"#bbbbbb\""},
                                                            {"class=\"s0\"", "stroke=\"#004a75\""},
                                                            {"class=\"s1\"", "stroke=\"#8a4000\""},
                                                            {"class=\"s2\"", "stroke=\"#00553a\""},
                                                            {"class=\"s3\"", "stroke=\"#6a2a56\""}};
const char* const kPageStyle = "body{font-family:sans-serif;font-size:9pt} h1{font-size:16pt} h2{font-size:12pt} h3{font-size:10pt} th{color:#444444;text-align:left;padding:2px 8px 2px 0}"
                               " td{padding:2px 8px 2px 0} td.n{text-align:right;white-space:nowrap} td.s{white-space:nowrap} th.n{text-align:right;white-space:nowrap} pre{font-size:8pt;white-space:pre-wrap} .quiet{color:#444444}"
                               " .verdict{font-size:11pt} .good{color:#00553a} .bad{color:#8a2000}";

// Everything between `open` and `close`, tags included, is replaced by what `make` gives for it.
QString replaced(const QString& text, const QString& open, const QString& close, const std::function<QString(const QString& part)>& make)
{
    QString out;
    qsizetype place = 0;
    for (qsizetype begin = text.indexOf(open); begin >= 0; begin = text.indexOf(open, place)) {
        const qsizetype end = text.indexOf(close, begin);
        if (end < 0) {
            break;
        }
        out += text.mid(place, begin - place) + make(text.mid(begin, end + close.size() - begin));
        place = end + close.size();
    }
    return out + text.mid(place);
}

// "width:28px" of the drawing's own style: a sample of a line beside its name. 0: none.
int ownWidth(const QString& svg)
{
    const QString head = svg.left(svg.indexOf(u'>'));
    const QString word = QStringLiteral("style=\"width:");
    const qsizetype begin = head.indexOf(word);
    const qsizetype end = begin < 0 ? -1 : head.indexOf(QStringLiteral("px"), begin);
    return end < 0 ? 0 : std::clamp(head.mid(begin + word.size(), end - begin - word.size()).toInt(), 0, kDrawnWidth);
}

QImage drawn(QString svg, int pixels)
{
    svg.remove(QStringLiteral(" style=\"stroke-dasharray:none\""));
    for (const auto& [name, stroke] : kStrokes) {
        svg.replace(QString::fromLatin1(name), QString::fromLatin1(stroke));
    }
    const qsizetype head = svg.indexOf(u'>');
    svg.insert(head + 1, QString::fromLatin1(kSvgStyle));
    if (!svg.left(head).contains(QStringLiteral("xmlns="))) {
        svg.insert(4, QStringLiteral(" xmlns=\"http://www.w3.org/2000/svg\""));
    }
    QSvgRenderer renderer(svg.toUtf8());
    if (!renderer.isValid()) {
        return {};
    }
    const QSizeF size = renderer.viewBoxF().size();
    const int width = pixels * kImageScale;
    QImage image(width, static_cast<int>(width * size.height() / std::max(1.0, size.width())), QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    renderer.render(&painter);
    return image;
}

} // namespace

Result<void> writePdf(const std::string& html, const std::filesystem::path& path)
{
    QTextDocument document;
    document.setDefaultStyleSheet(QString::fromLatin1(kPageStyle));
    int number = 0;
    QString text = replaced(QString::fromStdString(html), QStringLiteral("<style>"), QStringLiteral("</style>"), [](const QString&) { return QString(); });
    text = replaced(text, QStringLiteral("<svg"), QStringLiteral("</svg>"), [&](const QString& svg) {
        const int own = ownWidth(svg);
        const int width = own > 0 ? own : kDrawnWidth;
        const QImage image = drawn(svg, width);
        if (image.isNull()) {
            return QString();
        }
        const QString name = QStringLiteral("drawing-%1").arg(number++);
        document.addResource(QTextDocument::ImageResource, QUrl(name), image);
        return QStringLiteral("<img src=\"%1\" width=\"%2\">").arg(name).arg(width) + (own > 0 ? QString() : QStringLiteral("<br>"));
    });
    text.replace(QStringLiteral("<table>"), QStringLiteral("<table width=\"100%\" cellspacing=\"0\">"));
    document.setHtml(text);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(kDotsPerInch);
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF(15, 15, 15, 15), QPageLayout::Millimeter);
        writer.setTitle(QStringLiteral("Luthier"));
        document.print(&writer);
    }
    return base::writeFileAtomically(path, std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

} // namespace luthier::ui
