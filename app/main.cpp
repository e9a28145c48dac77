// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.h"
#include "core/base/thread_patience.h"

#include <QApplication>
#include <QCommandLineParser>

int main(int argc, char** argv)
{
    luthier::base::haveThreadsYield(argv);
    luthier::app::applyPreferences();
    QApplication app(argc, argv);
    QApplication::setApplicationName(QStringLiteral("luthier-studio"));
    QApplication::setApplicationDisplayName(QStringLiteral("Luthier"));
    QApplication::setApplicationVersion(QStringLiteral(LUTHIER_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("luthier"));

    QCommandLineParser parser;
    parser.setApplicationDescription(QApplication::translate("main", "Fine-tunes language models and shows what they learn."));
    const QCommandLineOption project(QStringLiteral("project"), QApplication::translate("main", "Open this project; made when there is none."),
                                     QStringLiteral("DIR"));
    parser.addOption(project);
    const QCommandLineOption paper(QStringLiteral("paper"), QApplication::translate("main", "Set this page of a report on paper, without a window; --out names the PDF."),
                                   QStringLiteral("FILE.html"));
    const QCommandLineOption out(QStringLiteral("out"), QApplication::translate("main", "The PDF of --paper."), QStringLiteral("FILE.pdf"));
    parser.addOptions({paper, out});
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("path"), QApplication::translate("main", "A project folder, or a data file to open."),
                                 QStringLiteral("[path]"));
    parser.process(app);
    if (parser.isSet(paper)) {
        return luthier::app::writePaper(parser.value(paper), parser.value(out));
    }

    luthier::app::Application studio(app);
    studio.start({parser.value(project), parser.positionalArguments().value(0)});
    return QApplication::exec();
}
