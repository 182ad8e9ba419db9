namespace Atlas.Urls;

/// <summary>Query parameters that say where a visitor came from and nothing about what is shown.</summary>
/// <remarks>
/// Written by vendor, from names that at least two independent public lists agree on (Brave, Firefox, DuckDuckGo, the tracking query params registry, Neat URL, ClearURLs,
/// the AdGuard family), as of August 2026. Names that select content on any site worth the name (ref, source, campaign, tag, cid, ...) are not here: docs/canonicalization.md.
/// </remarks>
public static class TrackingParameters
{
    /// <summary>Dropped on every site, besides <c>utm_</c> and whatever follows it.</summary>
    public static readonly IReadOnlyList<string> Everywhere =
    [
        // Google: click ids, Analytics' linker, its older campaign names, Shopping, old search
        "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "srsltid", "gs_l", "_ga", "_gl",
        "ga_campaign", "ga_content", "ga_medium", "ga_place", "ga_source", "ga_term", "ga_cid", "ga_client_id", "ga_fc", "ga_sid", "ga_vid", "ga_account",

        // Meta, Microsoft, X, TikTok, LinkedIn, Pinterest, Yahoo, Yandex
        "fbclid", "fb_action_ids", "fb_action_types", "fb_ref", "fb_source", "fb_comment_id", "action_object_map", "action_ref_map", "action_type_map", "igshid",
        "msclkid", "twclid", "tw_source", "tw_adid", "__twitter_impression", "ttclid", "tt_content", "tt_medium", "epik", "guce_referrer", "guce_referrer_sig",
        "yclid", "ysclid", "ymclid", "ymid", "_openstat",

        // HubSpot, Mailchimp, Marketo, Vero, MailerLite, Drip, Klaviyo, Omeda, Bronto, Blueshift, dotdigital, Silverpop, Eloqua, Listrak, beehiiv
        "__hsfp", "__hssc", "__hstc", "_hsenc", "_hsmi", "hsctatracking",
        "hsa_acc", "hsa_ad", "hsa_cam", "hsa_grp", "hsa_kw", "hsa_la", "hsa_mt", "hsa_net", "hsa_ol", "hsa_src", "hsa_tgt", "hsa_ver",
        "mc_cid", "mc_eid", "mc_tc", "mkt_tok", "vero_conv", "vero_id", "ml_subscriber", "ml_subscriber_hash", "__s", "_kx", "oly_anon_id", "oly_enc_id",
        "_bta_c", "_bta_tid", "bsft_clkid", "bsft_uid", "dm_i", "spjobid", "spmailingid", "spreportid", "spuserid", "elqtrack", "elqtrackid",
        "trk_contact", "trk_module", "trk_msg", "trk_sid", "_bhlid", "et_rid", "ss_email_id", "nr_email_referer", "bbeml", "vgo_ee", "sms_click", "sms_source", "sms_uph",

        // Matomo and Piwik, AT Internet, Adobe, Webtrekk, iTM, Branch, Impact, Wicked Reports, Oracle, ContentSquare and others
        "mtm_campaign", "mtm_cid", "mtm_content", "mtm_group", "mtm_keyword", "mtm_medium", "mtm_placement", "mtm_source",
        "pk_campaign", "pk_cid", "pk_content", "pk_keyword", "pk_kwd", "pk_medium", "pk_source", "pk_vid",
        "at_campaign", "at_medium", "at_recipient_id", "at_recipient_list", "s_cid", "s_kwcid", "ef_id", "cmpid", "wt_mc", "wt_zmc",
        "itm_campaign", "itm_content", "itm_medium", "itm_source", "itm_term", "hmb_campaign", "hmb_medium", "hmb_source",
        "_branch_match_id", "_branch_referrer", "irclickid", "wickedid", "rb_clickid", "unicorn_click_id", "mkwid", "pcrid",
        "oft_c", "oft_ck", "oft_d", "oft_id", "oft_ids", "oft_k", "oft_lk", "oft_sk", "gdffi", "gdfms", "gdftrk",
        "redirect_log_mongo_id", "redirect_mongo_id", "sb_referer_host", "aff_platform", "aff_trace_key", "ceneo_spo", "os_ehash", "tracking_source", "trkcampaign",
        "dpg_campaign", "dpg_content", "dpg_medium", "dpg_source", "ns_campaign", "ns_fee", "ns_linkname", "ns_mchannel", "soc_src", "soc_trk",
    ];

    /// <summary>Dropped on the sites that mean by them where a visitor came from, and on their subdomains.</summary>
    public static readonly IReadOnlyList<(IReadOnlyList<string> Domains, IReadOnlyList<string> Names)> OnSites =
    [
        (["youtube.com", "youtu.be", "open.spotify.com"], ["si"]),
        (["instagram.com"], ["igsh", "ig_rid"]),
        (
            [
                "amazon.ae", "amazon.ca", "amazon.cn", "amazon.co.jp", "amazon.co.uk", "amazon.com", "amazon.com.au", "amazon.com.be", "amazon.com.br", "amazon.com.mx", "amazon.com.tr",
                "amazon.de", "amazon.eg", "amazon.es", "amazon.fr", "amazon.in", "amazon.it", "amazon.nl", "amazon.pl", "amazon.sa", "amazon.se", "amazon.sg",
            ],
            ["content-id", "pd_rd_r", "pd_rd_w", "pd_rd_wg", "pf_rd_p", "pf_rd_r"]),
    ];
}
