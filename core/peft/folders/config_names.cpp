// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/peft/folders/config_names.h"

#include "core/peft/folders/adapter_file.h"
#include "core/peft/path_pattern.h"
#include "core/peft/targets.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace luthier::peft {

namespace {

// A module of the file by the paths that its config may mean: as the model has it, and as it stands in the file.
struct StoredModule {
    std::vector<std::string> paths;
    std::string key; // of its first tensor, for sentences
};

std::string pathIn(std::string name)
{
    for (const std::string_view part : {".lora_", ".ia3_l"}) {
        if (const auto at = name.rfind(part); at != std::string::npos) {
            name.resize(at);
            return name.substr(name.starts_with(kPeftPrefix) ? std::string_view(kPeftPrefix).size() : 0);
        }
    }
    return {};
}

std::vector<StoredModule> modulesOf(const AdapterFile& file)
{
    std::map<std::string, StoredModule> modules;
    for (const std::string& key : file.keys()) {
        const std::string path = pathIn(key);
        if (path.empty()) {
            continue; // a whole tensor or a bias, which PEFT loads by its name
        }
        StoredModule& module = modules[path];
        if (module.paths.empty()) {
            const std::string& name = file.find(key)->name;
            module = {{path, pathIn(name)}, name};
        }
    }
    std::vector<StoredModule> list;
    for (auto& [path, module] : modules) {
        list.push_back(std::move(module));
    }
    return list;
}

// A list of names, or one pattern; nothing: it is not said.
class Naming {
public:
    static Result<Naming> read(const AdapterFile& file, const char* key)
    {
        Naming naming;
        const Json said = file.config().value(key, Json());
        if (said.is_null() || (said.is_string() && said.get_ref<const std::string&>().empty())) {
            return naming;
        }
        naming.m_isSaid = true;
        if (said.is_string() && said != kAllLinear) {
            auto pattern = PathPattern::parse(said.get<std::string>());
            naming.m_isUnknown = !pattern.ok();
            naming.m_pattern = pattern ? std::optional(std::move(*pattern)) : std::nullopt;
            return naming;
        }
        for (const Json& name : said.is_array() ? said : Json::array({said})) {
            if (!name.is_string()) {
                return file.problem(std::string(key) + " must be a list of names or a pattern");
            }
            naming.m_names.push_back(name.get<std::string>());
        }
        return naming;
    }

    bool isSaid() const { return m_isSaid; }
    bool isUnknown() const { return m_isUnknown; }
    const std::vector<std::string>& names() const { return m_names; }

    bool fits(const std::string& path) const
    {
        return m_pattern ? m_pattern->matchesWhole(path)
                         : std::any_of(m_names.begin(), m_names.end(), [&path](const std::string& name) { return matchesTarget(path, name); });
    }
    // PEFT asks for layers only where a list's name is the end of a path and not the whole.
    bool fitsWhole(const std::string& path) const { return m_pattern || std::find(m_names.begin(), m_names.end(), path) != m_names.end(); }

private:
    std::vector<std::string> m_names;
    std::optional<PathPattern> m_pattern;
    bool m_isSaid = false;
    bool m_isUnknown = false;
};

struct Layers {
    std::vector<std::int64_t> numbers; // empty: every one
    std::vector<std::string> lists;    // names of the lists of layers; empty: any

    bool hold(const std::string& path) const
    {
        const auto layer = numbers.empty() ? std::nullopt : layerOf(path);
        return numbers.empty() || (layer && std::find(numbers.begin(), numbers.end(), *layer) != numbers.end());
    }

private:
    // The last number that stands inside of the path behind the name of a list, which is not the path's first part.
    std::optional<std::int64_t> layerOf(const std::string& path) const
    {
        std::vector<std::string> parts{std::string()};
        for (const char byte : path) {
            if (byte == '.') {
                parts.emplace_back();
            } else {
                parts.back().push_back(byte);
            }
        }
        for (std::size_t i = parts.size() - 1; i-- > 2;) {
            const bool isNumber = !parts[i].empty() && parts[i].size() < 10 && parts[i].find_first_not_of("0123456789") == std::string::npos;
            if (isNumber && (lists.empty() || std::find(lists.begin(), lists.end(), parts[i - 1]) != lists.end())) {
                return std::stoll(parts[i]);
            }
        }
        return std::nullopt;
    }
};

Result<Layers> layersOf(const AdapterFile& file)
{
    Layers layers;
    const Json numbers = file.config().value("layers_to_transform", Json());
    const Json lists = file.config().value("layers_pattern", Json());
    for (const Json& number : numbers.is_null() ? Json::array() : numbers.is_array() ? numbers : Json::array({numbers})) {
        if (!number.is_number_integer()) {
            return file.problem("layers_to_transform must be a layer's number or a list of them");
        }
        layers.numbers.push_back(number.get<std::int64_t>());
    }
    for (const Json& list : lists.is_null() || lists == "" ? Json::array() : lists.is_array() ? lists : Json::array({lists})) {
        if (!list.is_string()) {
            return file.problem("layers_pattern must be a name or a list of names");
        }
        layers.lists.push_back(list.get<std::string>());
    }
    return layers;
}

} // namespace

Result<void> checkNamed(const AdapterFile& file)
{
    auto wanted = Naming::read(file, "target_modules");
    auto left = wanted ? Naming::read(file, "exclude_modules") : wanted;
    auto layers = left ? layersOf(file) : Result<Layers>(left.error());
    if (!layers) {
        return layers.error();
    }
    if (!wanted->isSaid() || wanted->isUnknown()) {
        return {};
    }
    const auto isNamed = [&](const std::string& path) {
        return wanted->fits(path) && !left->fits(path) && (wanted->fitsWhole(path) || layers->hold(path));
    };
    std::vector<std::string> unnamed;
    for (const StoredModule& module : modulesOf(file)) {
        if (std::none_of(module.paths.begin(), module.paths.end(), isNamed)) {
            unnamed.push_back(module.key);
        }
    }
    if (unnamed.empty()) {
        return {};
    }
    return file.problem("it does not name the modules of " + std::to_string(unnamed.size()) + (unnamed.size() == 1 ? " update" : " updates") + " that "
                        + file.tensors().path().filename().string() + " holds: " + listedNames(unnamed)
                        + "; PEFT would leave them out. Mend target_modules, exclude_modules and layers_to_transform, or take the tensors out of the file");
}

std::vector<std::string> namesWithoutTensors(const AdapterFile& file)
{
    std::vector<std::string> empty;
    for (const char* key : {"target_modules", "modules_to_save"}) {
        const auto wanted = Naming::read(file, key);
        for (const std::string& name : wanted ? wanted->names() : std::vector<std::string>()) {
            const bool isHead = name == "score" || name == "classifier"; // PEFT names both, whichever the model has
            const bool isThere = std::any_of(file.keys().begin(), file.keys().end(), [&name](const std::string& stored) {
                return ("." + stored + ".").find("." + name + ".") != std::string::npos;
            });
            if (!isThere && !isHead && name != kAllLinear) {
                empty.push_back(name);
            }
        }
    }
    return empty;
}

std::string namesRemark(const std::filesystem::path& adapter)
{
    std::error_code code;
    auto file = std::filesystem::is_directory(adapter, code) ? AdapterFile::open(adapter, 1, {}) : Result<AdapterFile>(Error{});
    const auto empty = file ? namesWithoutTensors(*file) : std::vector<std::string>();
    return empty.empty() ? std::string()
                         : file->configPath().string() + ": it names " + listedNames(empty) + ", of which "
                               + file->tensors().path().filename().string() + " holds nothing";
}

} // namespace luthier::peft
