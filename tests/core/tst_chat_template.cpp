// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/text/chat_template.h"
#include "core/text/utf8.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

using namespace luthier;
namespace fs = std::filesystem;

namespace {

const Json& reference()
{
    static const Json kReference = [] {
        auto read = base::readJson(fs::path(LUTHIER_SOURCE_DIR) / "tests" / "reference" / "chat_templates.json");
        if (!read) {
            qWarning("%s", read.message().c_str());
        }
        return read ? *read : Json::object();
    }();
    return kReference;
}

text::RenderOptions optionsOf(const Json& kwargs)
{
    text::RenderOptions options;
    options.localTime = reference()["now"].get<std::string>();
    options.variables = Json::object();
    for (const auto& [name, value] : kwargs.items()) {
        if (name == "add_generation_prompt") {
            options.addGenerationPrompt = value.get<bool>();
        } else if (name == "tools") {
            options.tools = value;
        } else {
            options.variables[name] = value;
        }
    }
    return options;
}

// Python counts characters; spans are bytes.
std::int64_t bytesUpTo(const std::string& text, std::int64_t characters)
{
    std::size_t at = 0;
    for (; characters > 0 && at < text.size(); --characters) {
        at += static_cast<std::size_t>(text::decodeAt(text, at).length);
    }
    return static_cast<std::int64_t>(at);
}

std::string cut(const std::string& text, const text::Span& span)
{
    return text.substr(static_cast<std::size_t>(span.begin), static_cast<std::size_t>(span.end - span.begin));
}

std::vector<std::string> saidIn(const text::Rendered& rendered)
{
    std::vector<std::string> out;
    for (const auto& span : rendered.assistant) {
        out.push_back(cut(rendered.text, span));
    }
    return out;
}

// What differs, with some text before it; empty when nothing does.
std::string difference(const std::string& ours, const std::string& theirs)
{
    if (ours == theirs) {
        return {};
    }
    std::size_t at = 0;
    while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) {
        ++at;
    }
    const auto from = at > 30 ? at - 30 : 0;
    return "at byte " + std::to_string(at) + "\n  ours:   " + Json(text::replaceInvalid(ours.substr(from, 90))).dump()
           + "\n  theirs: " + Json(text::replaceInvalid(theirs.substr(from, 90))).dump();
}

Json message(const char* role, const char* content)
{
    return {{"role", role}, {"content", content}};
}

Result<text::Rendered> render(const std::string& source, const Json& messages = Json::array(),
                              const text::RenderOptions& options = {})
{
    const Json specials = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
    auto made = text::ChatTemplate::parse(source, specials);
    if (!made) {
        return made.error();
    }
    return made->render(messages, options);
}

void put(const fs::path& path, const std::string& content)
{
    fs::create_directories(path.parent_path());
    QVERIFY(base::writeFileAtomically(path, content).ok());
}

} // namespace

class TestChatTemplate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rendersAsTransformers();
};

void TestChatTemplate::rendersAsTransformers()
{
    const auto& data = reference();
    QVERIFY(data.contains("cases"));
    int wrong = 0;
    int seen = 0;
    for (const auto& row : data["cases"]) {
        const auto name = row["template"].get<std::string>();
        const auto about = name + " with " + row["conversation"].get<std::string>() + " " + row["kwargs"].dump().substr(0, 60);
        auto made = text::ChatTemplate::parse(data["templates"][name].get<std::string>(), data["specials"]);
        QVERIFY2(made.ok(), (about + ": " + (made ? "" : made.message())).c_str());
        const auto& messages = data["conversations"][row["conversation"].get<std::string>()];
        const auto ours = made->render(messages, optionsOf(row["kwargs"]));
        std::string problem;
        if (row.contains("text")) {
            problem = ours ? difference(ours->text, row["text"].get<std::string>()) : ours.message();
        } else if (ours) {
            problem = "rendered, but transformers refuses: " + row.value("error", row.value("fails", ""));
        } else if (row.contains("error")) {
            problem = difference(ours.message(), row["error"].get<std::string>());
        }
        if (problem.empty() && row.contains("text") && row["assistant"].is_array()) {
            std::vector<std::string> theirs;
            for (const auto& span : row["assistant"]) {
                theirs.push_back(cut(ours->text, {bytesUpTo(ours->text, span[0].get<std::int64_t>()),
                                                  bytesUpTo(ours->text, span[1].get<std::int64_t>())}));
            }
            if (saidIn(*ours) != theirs) {
                problem = "spans " + Json(saidIn(*ours)).dump() + " instead of " + Json(theirs).dump();
            }
        }
        ++seen;
        if (!problem.empty() && ++wrong <= 40) {
            qWarning("%s: %s", about.c_str(), problem.c_str());
        }
    }
    QVERIFY(seen > 500);
    QCOMPARE(wrong, 0);
}

QTEST_APPLESS_MAIN(TestChatTemplate)
#include "tst_chat_template.moc"
