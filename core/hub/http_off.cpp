// SPDX-License-Identifier: GPL-3.0-or-later
// In place of http.cpp where Luthier is built without libcurl.
#include "core/hub/http.h"

namespace luthier::hub {
namespace {

Error withoutNetwork()
{
    return {"this Luthier was built without libcurl (LUTHIER_HUB=OFF), so it cannot reach a hub; models that are "
            "already on this machine work as ever"};
}

} // namespace

Result<HttpAnswer> request(const HttpRequest&, const OnHeaders&, const OnBody&)
{
    return withoutNetwork();
}

Result<HttpText> requestText(const HttpRequest&, std::size_t)
{
    return withoutNetwork();
}

bool hasHttp()
{
    return false;
}

} // namespace luthier::hub
