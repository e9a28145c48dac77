// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/away/run_place.h"

#include <algorithm>

namespace luthier::away {

Json toJson(const RunPlace& place)
{
    return {{"devices", place.devices}, {"hosts", place.hosts}, {"program", place.program}, {"port", place.port}};
}

Result<RunPlace> placeFromJson(const Json& json)
{
    if (!json.is_object()) {
        return Error{"a place to run at is no object"};
    }
    RunPlace place;
    const auto text = [&json](const char* key, std::string& to) {
        if (json.contains(key) && json[key].is_string()) {
            to = json[key].get<std::string>();
        }
        return !json.contains(key) || json[key].is_string();
    };
    if (!text("devices", place.devices) || !text("program", place.program)) {
        return Error{"a place to run at: \"devices\" and \"program\" are texts"};
    }
    if (json.contains("hosts")) {
        const Json& hosts = json["hosts"];
        if (!hosts.is_array() || !std::all_of(hosts.begin(), hosts.end(), [](const Json& host) { return host.is_string(); })) {
            return Error{"a place to run at: \"hosts\" is a list of names"};
        }
        place.hosts = hosts.get<std::vector<std::string>>();
    }
    if (json.contains("port")) {
        if (!json["port"].is_number_integer() || json["port"].get<std::int64_t>() < 1 || json["port"].get<std::int64_t>() > 65535) {
            return Error{"a place to run at: \"port\" is a number from 1 to 65535"};
        }
        place.port = json["port"].get<std::int64_t>();
    }
    return place;
}

} // namespace luthier::away
