"""How the service is asked for the money figures of three published reports, and which figures it cannot give yet.

Keys are ids of figures in examples/cases. An answer is named `<item>.<field>` (`total.<field>` for the totals); terms
may be added and subtracted, and ` / <base>` makes their sum a percentage of the base.
"""

from collections.abc import Mapping
from typing import Final

# The rows of 晋城's table of nine, by their printed names.
J1: Final = "财政衔接推进乡村振兴补助资金项目"
J2: Final = "一事一议及美丽乡村财政奖补项目"
J3: Final = "政府专项债券项目"
J4: Final = "城镇保障安居工程"
J5: Final = "村卫生室服务能力提升工程"
J6: Final = "中小企业发展专项"
J7: Final = "困难群众救助"
J8: Final = "公共文化服务体系建设项目"
J9: Final = "机关事务中心部门整体支出"
FUNDS: Final = "衔接推进乡村振兴补助资金"
BONDS: Final = "新增债券项目"

PROGRAMMES: Final = (J1, J2, J3, J4, J5, J6, J7, J8, J9)

CONTRADICTED: Final = {
    ("jincheng-2023", "j4_r3b"): ("92.42", "92.42 in 二、(四) and 92.40 in 三、(一): the ledger gives 92.42"),
    ("jincheng-2023", "j3_mean"): ("67.93", "75 is the unweighted mean of 66.39 and 83.61: the ledger gives 67.93"),
    ("jincheng-2023", "j3_w"): ("67.93", "75 is printed as the overall rate of the bonds: the ledger gives 67.93"),
    ("jincheng-2023", "j4_m"): ("200.88", "200.88 spent and 191.02 handed out: the ledger gives what was spent"),
}
"""Where a report contradicts itself: what the ledger gives instead of the printed figure, and both values."""

PAID_IN_FULL: Final = "32700 'paid in full' and 15000 at contractors: the ledger gives both, 17700 of it as a transfer"
NO_PAYMENT_PRINTED: Final = "no payment is printed: it is taken from the printed allocation and balance"
NOTES: Final = {
    ("jincheng-2023", "j9_i"): "the sum of two lines: how it is split over them is assumed",
    ("jincheng-2023", "j9_c"): "the sum of two lines: how it is split over them follows from the rest of each",
    ("tianjiaan-2023", "a_ind_share"): "asked for before the day of the bonds, so of the first report's money alone",
    ("tianjiaan-2023", "a_rate"): NO_PAYMENT_PRINTED,
    ("tianjiaan-2023", "a_bal23"): NO_PAYMENT_PRINTED,
    ("tianjiaan-2023", "a_ind_rest"): "the sum of two lines: how it is split over them is assumed",
    ("tianjiaan-2023", "b_yao_paid"): PAID_IN_FULL,
    ("tianjiaan-2023", "b_contr"): PAID_IN_FULL,
    ("tianjiaan-2023", "b_gap"): PAID_IN_FULL,
    ("tianjiaan-2023", "b_contr_rate"): PAID_IN_FULL,
}

QUESTIONS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "jincheng-2023": {
        "execution?group_by=programme&as_of=2023-12-31": {
            **{f"t{row}": f"{name}.adjusted_budget" for row, name in enumerate(PROGRAMMES, start=1)},
            "t_sum": "total.adjusted_budget",
            "all_p": "total.disbursed",
            "all_r": "total.execution_rate",
            "all_l": "total.available + total.recovered",
            "all_unrec": "total.available",
            "j1_b": f"{J1}.adjusted_budget",
            "j1_p": f"{J1}.disbursed",
            "j1_r": f"{J1}.execution_rate",
            "j1_bal": f"{J1}.available",
            "dup_x1": f"{J1}.adjusted_budget",
            "dup_x2": f"{J1}.disbursed",
            "dup_x3": f"{J1}.execution_rate",
            "j2_tot": f"{J2}.adjusted_budget",
            "j2_ptot": f"{J2}.disbursed",
            "j2_r": f"{J2}.execution_rate",
            "j2_npc": f"{J2}.project_count",
            "j3_tot": f"{J3}.adjusted_budget",
            "j3_w": f"{J3}.execution_rate",
            "j3_mean": f"{J3}.execution_rate",
            "j4_b": f"{J4}.adjusted_budget",
            "j4_p": f"{J4}.disbursed",
            "j4_l": f"{J4}.available",
            "dup_x4": f"{J4}.available",
            "j4_r": f"{J4}.execution_rate",
            "j5_b": f"{J5}.adjusted_budget",
            "j5_p": f"{J5}.disbursed",
            "j5_l": f"{J5}.available",
            "j5_r": f"{J5}.execution_rate",
            "j6_p": f"{J6}.disbursed",
            "j6_r": f"{J6}.execution_rate",
            "j7_b": f"{J7}.adjusted_budget",
            "j7_p": f"{J7}.disbursed",
            "j7_l": f"{J7}.available",
            "j7_r": f"{J7}.execution_rate",
            "j8_b": f"{J8}.adjusted_budget",
            "j8_p": f"{J8}.disbursed",
            "j8_l": f"{J8}.available",
            "j8_r": f"{J8}.execution_rate",
            "j9_i": f"{J9}.initial_budget",
            "j9_a": f"{J9}.adjusted_budget",
            "j9_adj": f"{J9}.adjusted_budget - {J9}.initial_budget",
            "j9_adjr": f"{J9}.adjusted_budget - {J9}.initial_budget / {J9}.initial_budget",
            "j9_p": f"{J9}.disbursed",
            "j9_r": f"{J9}.execution_rate",
            "j9_ri": f"{J9}.execution_rate_initial",
            "j9_c": f"{J9}.recovered",
        },
        "projects?as_of=2023-12-31": {
            "j2_a": "j2-yishiyiyi.adjusted_budget",
            "j2_ap": "j2-yishiyiyi.disbursed",
            "j2_abal": "j2-yishiyiyi.available",
            "j2_ar": "j2-yishiyiyi.execution_rate",
            "j2_b": "j2-meilixiangcun.adjusted_budget",
            "j2_bp": "j2-meilixiangcun.disbursed",
            "j2_bbal": "j2-meilixiangcun.available",
            "j2_br": "j2-meilixiangcun.execution_rate",
            "j3_a": "j3-old-communities.adjusted_budget",
            "dup_x5": "j3-old-communities.adjusted_budget",
            "j3_ap": "j3-old-communities.disbursed",
            "dup_x6": "j3-old-communities.disbursed",
            "j3_abal": "j3-old-communities.available",
            "j3_ar": "j3-old-communities.execution_rate",
            "j3_ar2": "j3-old-communities.execution_rate",
            "j3_k": "j3-kindergarten.adjusted_budget",
            "dup_x7": "j3-kindergarten.adjusted_budget",
            "j3_kp": "j3-kindergarten.disbursed",
            "dup_x8": "j3-kindergarten.disbursed",
            "j3_kbal": "j3-kindergarten.available",
            "j3_kr": "j3-kindergarten.execution_rate",
            "j3_kr2": "j3-kindergarten.execution_rate",
            "j4_b1": "j4-old-communities.adjusted_budget",
            "j4_p1": "j4-old-communities.disbursed",
            "j4_l1": "j4-old-communities.available",
            "j4_r1": "j4-old-communities.execution_rate",
            "j4_r1b": "j4-old-communities.execution_rate",
            "j4_b2": "j4-resettlement.adjusted_budget",
            "j4_p2": "j4-resettlement.disbursed",
            "j4_l2": "j4-resettlement.available",
            "j4_r2": "j4-resettlement.execution_rate",
            "j4_r2b": "j4-resettlement.execution_rate",
            "j4_ti": "j4-resettlement.total_investment",
            "j4_b3": "j4-rent-subsidy.adjusted_budget",
            "j4_p3": "j4-rent-subsidy.disbursed",
            "j4_m": "j4-rent-subsidy.disbursed",
            "j4_l3": "j4-rent-subsidy.available",
            "j4_r3": "j4-rent-subsidy.execution_rate",
            "j4_r3b": "j4-rent-subsidy.execution_rate",
        },
        "events?tag=line:j1&type=funds-allocated.v1": {
            "j1_b1": "财政衔接资金.amount",
            "j1_b2": "其他财政资金.amount",
            "j1_b3": "其他资金.amount",
        },
        "events?tag=line:j5&type=funds-allocated.v1": {
            "j5_b1": "专用设备购置.amount",
            "j5_b2": "办公设备购置.amount",
        },
        "execution?group_by=expenditure_kind&as_of=2023-12-31": {
            "j9_a1": "basic.adjusted_budget",
            "j9_p1": "basic.disbursed",
            "j9_a2": "project.adjusted_budget",
            "j9_p2": "project.disbursed",
        },
        "evaluations?as_of=2024-12-31": {f"sc{row}": f"score-{row}.total" for row in range(1, 10)},
    },
    "tianjiaan-2023": {
        "appropriations?as_of=2023-12-31": {
            "a_own_2023": "county.received",
            "a_central": "central.allocated",
            "a_prov": "provincial.allocated",
            "a_city": "municipal.allocated",
            "a_dist": "county.allocated",
            "b_old_new": "b-old-communities.received",
            "b_shed_new": "b-yaojiawan.received",
        },
        "execution?group_by=category&as_of=2023-10-31": {
            "a_total": "total.adjusted_budget",
            "a_m_sum": "total.adjusted_budget",
            "a_ind_amt": "industry.adjusted_budget",
            "a_m_ind": "industry.adjusted_budget",
            "a_ind_share": "industry.share",
            "a_m_inf": "infrastructure.adjusted_budget",
            "a_m_edu": "education.adjusted_budget",
            "a_m_emp": "employment.adjusted_budget",
        },
        "lines?project_id=a-industry&as_of=2023-12-31": {
            "a_ind_cp23": "a-industry-central.adjusted_budget + a-industry-provincial.adjusted_budget",
            "a_ind_rest": "a-industry-municipal.adjusted_budget + a-industry-county.adjusted_budget",
        },
        "execution?group_by=programme&as_of=2023-12-31": {
            "a_rate": f"{FUNDS}.execution_rate",
            "a_bal23": f"{FUNDS}.available",
            "a_n_sum": f"{FUNDS}.project_count",
            "b_new_sum": f"{BONDS}.adjusted_budget",
        },
        "projects?as_of=2023-11-01": {
            "b_old_inv": "b-old-communities.total_investment",
            "b_old_paid": "b-old-communities.disbursed",
            "b_old_sh": "b-old-communities.adjusted_budget / b-old-communities.total_investment",
            "b_yao_inv": "b-yaojiawan.total_investment",
            "b_yao_sh": "b-yaojiawan.adjusted_budget / b-yaojiawan.total_investment",
            "b_yao_paid": "b-yaojiawan.disbursed",
            "b_contr": "b-yaojiawan.disbursed - b-yaojiawan.transferred",
            "b_gap": "b-yaojiawan.transferred",
            "b_contr_rate": "b-yaojiawan.disbursed - b-yaojiawan.transferred / b-yaojiawan.adjusted_budget",
        },
        "evaluations?as_of=2023-12-31": {
            "a_sc_total": "a-self.total",
            "b_score": "b-finance.total",
            "b_sc_sum": "b-finance.total",
        },
    },
    "jiedao-2020": {
        "execution?group_by=project&as_of=2020-12-31": {
            "k_b1": "public-services.initial_budget",
            "kt_b1": "public-services.adjusted_budget",
            "k_p1": "public-services.disbursed",
            "kt_p1": "public-services.disbursed",
            "k_r1": "public-services.execution_rate_initial",
            "k_over": "public-services.disbursed - public-services.adjusted_budget",
            "k_sh": "public-services.disbursed / total.disbursed",
            "k_b2": "city-management.initial_budget",
            "kt_b2": "city-management.adjusted_budget",
            "k_p2": "city-management.disbursed",
            "kt_p2": "city-management.disbursed",
            "k_r2": "city-management.execution_rate",
            "k_under": "city-management.available",
            "k_bt": "total.adjusted_budget",
            "k_pt": "total.disbursed",
            "k_rt": "total.execution_rate",
            "k_net": "total.disbursed - total.adjusted_budget",
        },
        "lines?source_level=county&as_of=2020-12-31": {
            "kt_b1d": "public-services.adjusted_budget",
            "kt_p1d": "public-services.disbursed",
            "kt_b2d": "city-management.adjusted_budget",
            "kt_p2d": "city-management.disbursed",
            "k_bd": "total.adjusted_budget",
            "k_pd": "total.disbursed",
        },
    },
}

NOT_YET_DERIVABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "jincheng-2023": {
        "sc_mean sc_wmean": "scores over several programmes: no roll-up of evaluations yet",
        "j1_ssum j1_f9c j2_bdc": "projects by status: a row stands for several projects, whose statuses are not apart",
        "j2_nvc": "villages are no things of the ledger",
        "j4_m1 j4_m2 j4_md j4_mr": "subsidy handed out by period: a fact about money already spent, not yet kept",
        "j4_done j4_wd j4_pw": "work done (完成投资) is a measure, not yet kept",
        "j4_ub j4_pm1 j4_pm2 j4_pm3": "persons and months are measures, not yet kept",
        "j3_qm j4_xs j4_bls j5_n3c j5_nd j8_k j8_kc j8_mc f4_lo f4_hi": "targets and quantities are not yet kept",
        "j4_d5 j4_d6": "planned dates and the length of a contract are not yet kept",
    },
    "tianjiaan-2023": {
        "a_own_2022 a_own_incr a_own_incr_pct a_c22 a_p22 a_qizhong_sum a_bal1622": (
            "years before 2023: single sums for comparison; recorded alone they would look unspent"
        ),
        "a_lib23_n a_lib23_m a_lib24_n a_lib24_m": "totals of the project library, not yet kept",
        "a_lib23_m_ind a_lib23_m_inf a_lib23_m_edu a_lib23_m_emp": "plans in the project library, not yet kept",
        "a_lib24_m_inf a_lib24_m_ind a_lib24_m_edu a_lib24_m_emp": "plans in the project library, not yet kept",
        "a_edu_m a_ins_m a_med_m a_farm_m a_trip_m a_dibao_m a_tekun_m a_support_sum": (
            "support that the report attributes to no fund: an asserted figure, not yet kept"
        ),
        "a_farm_unit a_trip_unit": "support per head: households and persons are measures, not yet kept",
        "a_v1 a_v2 a_inc_prev a_hh_sum": "outcomes and households are measures, not yet kept",
        "a_done_rate b_n_listed": "projects by status or by listing are not yet counted",
        "a_cut a_integr": "the report says that there was none: an asserted figure, not yet kept",
        "a_sc_base b_max_sum": "no answer gives scores without the bonus, or the sum of the maxima",
        "b_output": "left blank in the report",
    },
    "jiedao-2020": {
        "k_rm": "the unweighted mean of two rates: no answer gives one",
        "p1_24 p1_cs": "46 spent on bins: from which line is not printed",
        "p1_t p1_u p1_c": "targets and quantities are not yet kept",
    },
}
"""Figures (money, or derived) that need facts which the first set cannot hold, by the reason."""
